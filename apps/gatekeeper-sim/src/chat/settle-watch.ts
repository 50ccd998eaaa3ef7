import type { DeliveryQueue } from '../accounts/queue.js';
import type { Clock } from '../clock.js';

/** Notices a client that does not settle what it was sent. */
export class SettleWatch {
  #timer: object | undefined;
  #stopped = false;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly clock: Clock,
    private readonly settleMs: number,
    private readonly onLate: () => void,
  ) {}

  /** A stanza was sent. */
  sent(): void {
    if (this.#timer === undefined && !this.#stopped) this.#arm(this.settleMs);
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
    const since = this.queue.owedSince();
    if (since === undefined) return;
    const left = since + this.settleMs - this.clock.now();
    if (left <= 0) this.onLate();
    else this.#arm(left);
  }
}
