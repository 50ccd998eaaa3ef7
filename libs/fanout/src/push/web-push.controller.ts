import { timingSafeEqual } from 'node:crypto';
import {
  fanoutErrors,
  WebPushPath,
  WebPushRegistration,
  type WebPushKeyResponse,
} from '@causeway/contracts/fanout';
import { UserId, type DeviceId } from '@causeway/contracts/ids';
import type { Coordination } from '@causeway/coordination';
import {
  AppError,
  CurrentCaller,
  httpError,
  UsersOnly,
  ZodBody,
  ZodParams,
  type Caller,
  type Egress,
} from '@causeway/http';
import { rateLimits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import { findDevice } from '@causeway/store/directory';
import { Controller, Delete, Get, HttpCode, Inject, Put } from '@nestjs/common';
import type { z } from 'zod';
import type { VapidKey } from './web-push-wake.js';
import type { WebPushStore } from './web-push.store.js';

/** What the controller works with; without a key Web Push is off. */
export interface WebPushDesk {
  readonly postgres: Postgres;
  readonly store: WebPushStore;
  readonly coordination: Pick<Coordination, 'rates'>;
  readonly egress: Pick<Egress, 'allows'>;
  readonly key: VapidKey | undefined;
}

export const WEB_PUSH_DESK = Symbol('WEB_PUSH_DESK');

/** `/v1/…/web-push`: where devices say how they are woken by Web Push. */
@Controller('v1')
@UsersOnly()
export class WebPushController {
  constructor(@Inject(WEB_PUSH_DESK) private readonly desk: WebPushDesk) {}

  @Get('web-push')
  key(): WebPushKeyResponse {
    return { applicationServerKey: this.#key().publicKey };
  }

  @Put('devices/:deviceId/web-push')
  @HttpCode(204)
  async register(
    @CurrentCaller() caller: Caller,
    @ZodParams(WebPushPath) { deviceId }: z.infer<typeof WebPushPath>,
    @ZodBody(WebPushRegistration) registration: WebPushRegistration,
  ): Promise<void> {
    this.#key();
    const userId = await this.#mustBeOf(caller, deviceId);
    const { coordination, egress, store } = this.desk;
    const { allowed, retryAfterMs } = await coordination.rates.take(rateLimits.webPushRegistration, deviceId);
    if (!allowed) throw httpError('rate_limited', { retryAfterMs });
    if (!egress.allows(registration.endpoint)) throw errorOf('web_push_endpoint_refused');
    await store.put(userId, deviceId, registration);
  }

  @Delete('devices/:deviceId/web-push')
  @HttpCode(204)
  async withdraw(
    @CurrentCaller() caller: Caller,
    @ZodParams(WebPushPath) { deviceId }: z.infer<typeof WebPushPath>,
  ): Promise<void> {
    await this.#mustBeOf(caller, deviceId);
    await this.desk.store.eraseDevice(deviceId);
  }

  #key(): VapidKey {
    if (this.desk.key === undefined) throw errorOf('web_push_off');
    return this.desk.key;
  }

  async #mustBeOf(caller: Caller, deviceId: DeviceId): Promise<UserId> {
    const device = await findDevice(this.desk.postgres, deviceId);
    if (device === undefined || !timingSafeEqual(device.subjectHash, caller.subjectHash)) {
      throw errorOf('socket_device_unknown');
    }
    return UserId.parse(device.userId);
  }
}

function errorOf(code: keyof typeof fanoutErrors): AppError {
  const { status, meaning } = fanoutErrors[code];
  return new AppError(code, status, meaning);
}
