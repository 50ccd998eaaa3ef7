import type { Clock } from '@causeway/lifecycle';

/** So many at once, then so many in a second. */
export interface BucketRate {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** A token bucket in the memory of this pod, by the monotonic clock. */
export class TokenBucket {
  #tokens: number;
  #atMs: number;

  constructor(
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly rate: BucketRate,
  ) {
    this.#tokens = rate.capacity;
    this.#atMs = clock.monotonicMs();
  }

  /** @returns how long until there is a token, milliseconds; 0 when there is one */
  get waitMs(): number {
    const nowMs = this.clock.monotonicMs();
    const { capacity, refillPerSecond } = this.rate;
    this.#tokens = Math.min(capacity, this.#tokens + ((nowMs - this.#atMs) / 1000) * refillPerSecond);
    this.#atMs = nowMs;
    // Rounded up, so that nobody who waits for it finds a hair less than one.
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / refillPerSecond) * 1000);
  }

  /** Takes one; to be asked for with `waitMs` before. */
  take(): void {
    this.#tokens -= 1;
  }
}
