import { RELAY_PATH, RelayPath, RelayQuery } from '@causeway/contracts/media';
import type { Coordination } from '@causeway/coordination';
import {
  AppError,
  CurrentCaller,
  httpError,
  UsersOnly,
  ZodParams,
  ZodQuery,
  type Caller,
} from '@causeway/http';
import { rateLimits } from '@causeway/limits';
import { Controller, Get, Head, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { DeviceAccess } from '../access/device-access.js';
import { mediaError } from '../media.errors.js';
import type { MediaMetrics } from '../media-metrics.js';
import type { Gate } from '../transfers/gate.js';
import { sendBody } from '../transfers/send-body.js';
import type { Relay } from './relay.js';

/** What the relay's controller works with. */
export interface RelayDesk {
  /** By gatekeeper. */
  readonly relays: ReadonlyMap<string, Relay>;
  readonly access: DeviceAccess;
  readonly coordination: Coordination;
  readonly metrics: MediaMetrics;
  readonly gate: Gate;
}

export const RELAY_DESK = Symbol('RELAY_DESK');

/** `GET /v1/relay/{gatekeeper}`: the gatekeeper's files for a device, whose address the gatekeeper does not learn. */
@UsersOnly()
@Controller(RELAY_PATH)
export class RelayController {
  constructor(@Inject(RELAY_DESK) private readonly desk: RelayDesk) {}

  // Before GET: the framework’s own HEAD would fetch the whole file.
  @Head(':gatekeeper')
  head(): never {
    throw httpError('method_not_allowed');
  }

  @Get(':gatekeeper')
  async relay(
    @Res() reply: FastifyReply,
    @CurrentCaller() caller: Caller,
    @ZodParams(RelayPath) { gatekeeper }: z.infer<typeof RelayPath>,
    @ZodQuery(RelayQuery) { device, path }: z.infer<typeof RelayQuery>,
  ): Promise<void> {
    const { access, relays, metrics, gate } = this.desk;
    await access.owned(caller, device);
    await access.requireEnlisted(device, gatekeeper);
    const relay = relays.get(gatekeeper);
    if (relay === undefined) throw mediaError('media_not_enlisted');
    await this.#throttle(device);
    gate.holdFor(reply);
    const file = await relay.fetch(path, gate.count).catch((error: unknown) => {
      metrics.relays.inc({ gatekeeper, outcome: error instanceof AppError ? error.code : 'failed' });
      throw error;
    });
    metrics.relays.inc({ gatekeeper, outcome: 'begun' });
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    if (file.bytes !== undefined) reply.header('content-length', String(file.bytes));
    await sendBody(reply.type('application/octet-stream'), file.body);
  }

  async #throttle(device: string): Promise<void> {
    const { allowed, retryAfterMs } = await this.desk.coordination.rates.take(rateLimits.mediaRelay, device);
    if (!allowed) throw httpError('rate_limited', { retryAfterMs });
  }
}
