import type { Clock, Timer } from '@causeway/lifecycle';
import { TokenBucket, type BucketRate } from './token-bucket.js';

interface Waiting {
  readonly sinceMs: number;
  readonly settle: (admitted: boolean) => void;
}

/** The logins of one gatekeeper. */
interface Lane {
  readonly bucket: TokenBucket;
  readonly waiting: Set<Waiting>;
}

/** A turn that was asked for. */
export interface Turn {
  /** Resolves with true when it has come, with false when it was given back or too many wait. */
  readonly admitted: Promise<boolean>;
  /** Gives it back, at any time: its device has left. */
  cancel(): void;
}

export interface LoginAdmissionOptions {
  readonly clock: Clock;
  /** Logins of this pod. */
  readonly pod: BucketRate;
  /** Logins of this pod with one gatekeeper. */
  readonly rateOf: (gatekeeper: string) => BucketRate;
  /** Most turns that wait; beyond it none is given. */
  readonly most: number;
  /** Told how long somebody waited, milliseconds. */
  readonly onAdmitted: (gatekeeper: string, waitedMs: number) => void;
  /** Told how many wait for a gatekeeper. */
  readonly onWaiting: (gatekeeper: string, waiting: number) => void;
}

/**
 * Spreads logins over time, so that thousands of sessions do not come back at the same moment. Whoever has waited longest
 * for a gatekeeper goes first, and gatekeepers take turns: a slow one does not hold up the others.
 */
export class LoginAdmission {
  readonly #pod: TokenBucket;
  readonly #lanes = new Map<string, Lane>();
  #waiting = 0;
  #timer: Timer | undefined;

  constructor(private readonly options: LoginAdmissionOptions) {
    this.#pod = new TokenBucket(options.clock, options.pod);
  }

  /** @param gatekeeper with which one login is to begin */
  request(gatekeeper: string): Turn {
    if (this.#waiting >= this.options.most)
      return { admitted: Promise.resolve(false), cancel: () => undefined };
    const lane = this.#laneOf(gatekeeper);
    const { promise: admitted, resolve } = Promise.withResolvers<boolean>();
    const turn: Waiting = { sinceMs: this.options.clock.monotonicMs(), settle: resolve };
    lane.waiting.add(turn);
    this.#count(gatekeeper, lane, 1);
    this.#admit();
    return {
      admitted,
      cancel: () => {
        if (!lane.waiting.delete(turn)) return;
        this.#count(gatekeeper, lane, -1);
        turn.settle(false);
        if (this.#waiting === 0) this.#stop();
      },
    };
  }

  #laneOf(gatekeeper: string): Lane {
    const known = this.#lanes.get(gatekeeper);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(this.options.clock, this.options.rateOf(gatekeeper));
    const lane = { bucket, waiting: new Set<Waiting>() };
    this.#lanes.set(gatekeeper, lane);
    return lane;
  }

  /** Lets in whoever may, and comes back when the next one may. */
  #admit(): void {
    this.#stop();
    let waitMs = this.#pod.waitMs;
    while (waitMs === 0 && this.#waiting > 0) {
      waitMs = this.#admitOne() ? this.#pod.waitMs : this.#shortestWaitMs();
    }
    if (this.#waiting > 0) this.#timer = this.options.clock.setTimeout(() => this.#admit(), waitMs);
  }

  #admitOne(): boolean {
    for (const [gatekeeper, lane] of this.#lanes) {
      const [first] = lane.waiting;
      if (first === undefined || lane.bucket.waitMs > 0) continue;
      // Behind the others, whose turn comes before its next one.
      this.#lanes.delete(gatekeeper);
      this.#lanes.set(gatekeeper, lane);
      lane.waiting.delete(first);
      lane.bucket.take();
      this.#pod.take();
      this.#count(gatekeeper, lane, -1);
      this.options.onAdmitted(gatekeeper, this.options.clock.monotonicMs() - first.sinceMs);
      first.settle(true);
      return true;
    }
    return false;
  }

  #stop(): void {
    if (this.#timer !== undefined) this.options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #shortestWaitMs(): number {
    const waits = [...this.#lanes.values()]
      .filter(({ waiting }) => waiting.size > 0)
      .map(({ bucket }) => bucket.waitMs);
    return Math.max(1, Math.min(...waits));
  }

  #count(gatekeeper: string, lane: Lane, by: number): void {
    this.#waiting += by;
    this.options.onWaiting(gatekeeper, lane.waiting.size);
  }
}
