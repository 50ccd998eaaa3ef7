import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';

/** A ban for a time. */
export interface Pause {
  readonly code: string;
  /** Monotonic milliseconds. */
  readonly untilMs: number;
}

/**
 * Accounts that the gatekeeper has banned for a time: a device that connects anew does not make the pod log in before
 * the time is over.
 */
export class Pauses {
  readonly #pauses = new Map<string, Pause>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** Beyond as many as a pod may hold sessions the oldest is forgotten: that costs one login. */
  add(sessionKey: string, code: string, forMs: number): void {
    this.#pauses.delete(sessionKey);
    const [oldest] = this.#pauses.keys();
    if (this.#pauses.size >= limits.upstreamSessionsPerPod.value && oldest !== undefined) {
      this.#pauses.delete(oldest);
    }
    this.#pauses.set(sessionKey, { code, untilMs: this.clock.monotonicMs() + forMs });
  }

  /** @returns the ban that still stands */
  of(sessionKey: string): Pause | undefined {
    const pause = this.#pauses.get(sessionKey);
    if (pause === undefined || pause.untilMs > this.clock.monotonicMs()) return pause;
    this.#pauses.delete(sessionKey);
    return undefined;
  }
}
