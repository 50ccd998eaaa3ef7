import { timingSafeEqual } from 'node:crypto';
import { UserId } from '@causeway/contracts/ids';
import {
  EnlistmentKeys,
  keysErrors,
  KeysPath,
  KeysStatus,
  PublishKeysRequest,
} from '@causeway/contracts/keys';
import {
  AppError,
  CurrentCaller,
  httpError,
  ServicesOnly,
  UsersOnly,
  ZodBody,
  ZodParams,
  type Caller,
} from '@causeway/http';
import { rateLimits } from '@causeway/limits';
import type { Coordination } from '@causeway/coordination';
import { Postgres } from '@causeway/postgres';
import { findDevice } from '@causeway/store/directory';
import { Controller, Get, Inject, Put } from '@nestjs/common';
import type { z } from 'zod';
import { PublishedKeys } from './published-keys.service.js';

type Path = z.infer<typeof KeysPath>;

export const COORDINATION = Symbol('COORDINATION');

/** A device's own view of its keys. */
@Controller('v1/devices/:deviceId/gatekeepers/:gatekeeper/keys')
@UsersOnly()
export class KeysController {
  constructor(
    @Inject(PublishedKeys) private readonly keys: PublishedKeys,
    @Inject(Postgres) private readonly postgres: Postgres,
    @Inject(COORDINATION) private readonly coordination: Coordination,
  ) {}

  /** Publishes the identity, the signed prekey (the device makes a new one after 27 days) and one-time prekeys. */
  @Put()
  async publish(
    @CurrentCaller() caller: Caller,
    @ZodParams(KeysPath) path: Path,
    @ZodBody(PublishKeysRequest) body: PublishKeysRequest,
  ): Promise<KeysStatus> {
    const userId = await this.#ownerOf(caller, path);
    const { allowed, retryAfterMs } = await this.coordination.rates.take(
      rateLimits.prekeyUpload,
      path.deviceId,
    );
    if (!allowed) throw httpError('rate_limited', { retryAfterMs });
    return this.keys.publish({ userId, deviceId: path.deviceId }, path.gatekeeper, body);
  }

  /** How many one-time prekeys wait here, and how many the gatekeeper was given. */
  @Get()
  async status(@CurrentCaller() caller: Caller, @ZodParams(KeysPath) path: Path): Promise<KeysStatus> {
    await this.#ownerOf(caller, path);
    return this.keys.status(path);
  }

  async #ownerOf(caller: Caller, { deviceId }: Path): Promise<UserId> {
    const device = await findDevice(this.postgres, deviceId);
    if (device === undefined || !timingSafeEqual(device.subjectHash, caller.subjectHash)) {
      const { code, status, meaning } = keysErrors.keys_device_unknown;
      throw new AppError(code, status, meaning);
    }
    return UserId.parse(device.userId);
  }
}

/** What accounts needs to enlist a device. */
@Controller('internal/v1/devices/:deviceId/gatekeepers/:gatekeeper/enlistment-keys')
@ServicesOnly('accounts')
export class EnlistmentKeysController {
  constructor(@Inject(PublishedKeys) private readonly keys: PublishedKeys) {}

  @Get()
  async read(@ZodParams(KeysPath) path: Path): Promise<EnlistmentKeys> {
    return this.keys.enlistmentKeys(path);
  }
}
