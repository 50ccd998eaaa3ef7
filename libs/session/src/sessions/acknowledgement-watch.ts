import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { UnackedWindow } from './unacked-window.js';

/** Notices a stanza that its device leaves unacknowledged for too long. A session that waits for nothing has no timer. */
export class AcknowledgementWatch {
  #timer: Timer | undefined;
  #stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly window: UnackedWindow,
    private readonly onLate: () => void,
  ) {}

  /** A stanza was handed on. */
  added(): void {
    if (this.#timer === undefined && !this.#stopped) this.#arm(limits.acknowledgementDeadlineMs.value);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.#timer = this.clock.setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.window.isEmpty) return;
    const leftMs = limits.acknowledgementDeadlineMs.value - this.window.oldestAgeMs(this.clock.monotonicMs());
    if (leftMs <= 0) this.onLate();
    else this.#arm(leftMs);
  }
}
