import type { Clock } from '../clock.js';
import type { Limits } from '../limits.js';

/** How many stanzas a connection may still send. */
export class StanzaRate {
  #left: number;
  #at: number;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Pick<Limits, 'stanzaBurst' | 'stanzasPerSecond'>,
  ) {
    this.#left = limits.stanzaBurst;
    this.#at = clock.now();
  }

  /** @returns false when the connection sends too fast */
  take(): boolean {
    const now = this.clock.now();
    const { stanzaBurst, stanzasPerSecond } = this.limits;
    this.#left = Math.min(stanzaBurst, this.#left + ((now - this.#at) / 1000) * stanzasPerSecond) - 1;
    this.#at = now;
    return this.#left >= 0;
  }
}
