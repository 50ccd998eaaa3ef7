import { sessionKeyOf } from '@causeway/contracts/ids';
import type { UpstreamEvent } from '@causeway/contracts/upstream';
import type { PushEvent } from '@causeway/contracts/webhooks';
import type { Coordination } from '@causeway/coordination';
import type { Clock } from '@causeway/lifecycle';
import { limits, rateLimits } from '@causeway/limits';
import type { FanoutMetrics } from '../fanout-metrics.js';
import type { WakeDispatch } from './wake-dispatch.js';
import type { WakesStore } from './wakes.store.js';

export interface PushConsumerParts {
  readonly coordination: Pick<Coordination, 'presence' | 'rates'>;
  readonly wakes: Pick<WakesStore, 'request'>;
  readonly dispatch: Pick<WakeDispatch, 'kick'>;
  readonly upstream: (events: readonly UpstreamEvent[]) => Promise<void>;
  readonly metrics: FanoutMetrics;
  readonly clock: Clock;
}

/**
 * The gatekeeper has something for a device and holds it for offline. If it is, it is woken; if it is connected, its
 * upstream connection may be dead without anybody having noticed, and is probed.
 */
export class PushConsumer {
  constructor(private readonly parts: PushConsumerParts) {}

  async handle(event: PushEvent): Promise<void> {
    const { coordination, wakes, dispatch } = this.parts;
    const { userId, deviceId, gatekeeper, requestedAt } = event;
    const present = await coordination.presence.get(sessionKeyOf(deviceId, gatekeeper));
    if (present !== undefined) return this.#probe(event, present.epoch);
    await wakes.request({ userId, deviceId, gatekeeper, urgent: true, requestedAt });
    dispatch.kick();
  }

  async #probe({ deviceId, gatekeeper }: PushEvent, epoch: number): Promise<void> {
    const { coordination, upstream, metrics, clock } = this.parts;
    const sessionKey = sessionKeyOf(deviceId, gatekeeper);
    const { allowed } = await coordination.rates.take(rateLimits.probesPerDevice, sessionKey);
    if (!allowed) return metrics.wakes.inc({ outcome: 'coalesced' });
    const deadline = clock.now() + limits.commandDeadlineMs.value;
    await upstream([{ type: 'probe', sessionKey, gatekeeper, epoch, deadline }]);
    metrics.wakes.inc({ outcome: 'probed' });
  }
}
