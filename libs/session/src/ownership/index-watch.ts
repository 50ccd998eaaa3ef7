import { announceChannel, type Coordination } from '@causeway/coordination';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';

/**
 * Knows whether the presence index can be believed when a device is not in it. Not so soon after coordination lost its
 * memory: the fanout pods are putting their devices back.
 */
export class IndexWatch {
  #life: string | undefined;
  #wholeAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly coordination: Pick<Coordination, 'presence' | 'signals'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** To be asked after the index was read: it may have been lost meanwhile. @throws {CoordinationError} */
  async isRebuilding(): Promise<boolean> {
    const { id, ageMs } = await this.coordination.presence.life();
    const nowMs = this.clock.monotonicMs();
    if (id !== this.#life) {
      this.#life = id;
      // The engine's wall clock counts once only: it may be set back.
      this.#wholeAtMs = nowMs + limits.presenceRebuildMs.value - Math.max(0, ageMs);
      if (nowMs < this.#wholeAtMs) this.logger.info('the presence index is new; devices are being put back');
    }
    return nowMs < this.#wholeAtMs;
  }

  /** Asks the fanout pods to put their devices back, those that have not yet. Never throws. */
  async announce(): Promise<void> {
    if (this.#life !== undefined) await this.coordination.signals.publish(announceChannel, this.#life);
  }
}
