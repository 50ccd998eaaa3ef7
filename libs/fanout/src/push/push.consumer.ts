import { sessionKeyOf } from '@causeway/contracts/ids';
import type { PushEvent } from '@causeway/contracts/webhooks';
import type { Coordination } from '@causeway/coordination';
import { limits, rateLimits } from '@causeway/limits';
import type { FanoutMetrics } from '../fanout-metrics.js';
import type { WakePort } from './wake.port.js';

/** Wakes a device for which the gatekeeper has something, unless it is connected; many calls make one wake. */
export class PushConsumer {
  /** Devices whose wake failed: they are still owed it, although the rate limit has counted it. */
  readonly #owed = new Set<string>();

  constructor(
    private readonly coordination: Coordination,
    private readonly wakePort: WakePort,
    private readonly metrics: FanoutMetrics,
  ) {}

  /** @throws {WakeFailed} so that the event is tried again */
  async handle(event: PushEvent): Promise<void> {
    const { deviceId, gatekeeper } = event;
    const present = await this.coordination.presence.get(sessionKeyOf(deviceId, gatekeeper));
    if (present !== undefined) return this.metrics.wakes.inc({ outcome: 'connected' });
    if (!this.#owed.has(deviceId)) {
      const { allowed } = await this.coordination.rates.take(rateLimits.wakesPerDevice, deviceId);
      if (!allowed) return this.metrics.wakes.inc({ outcome: 'coalesced' });
    }
    try {
      await this.wakePort.wake({ deviceId, gatekeeper });
    } catch (error) {
      if (this.#owed.size < limits.socketsPerPod.value) this.#owed.add(deviceId);
      this.metrics.wakes.inc({ outcome: 'failed' });
      throw error;
    }
    this.#owed.delete(deviceId);
    this.metrics.wakes.inc({ outcome: 'sent' });
  }
}
