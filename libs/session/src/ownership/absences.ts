import type { PresenceEntry } from '@causeway/coordination';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { UpstreamSession } from '../sessions/upstream-session.js';

/** A pod that was cut off from coordination is back by then, or its devices have connected anew. */
const REMEMBER_MS = 300_000;

interface Absence {
  readonly epoch: number;
  readonly partition: number;
  readonly untilMs: number;
}

/**
 * Sessions that were closed because their devices could not be seen. A device whose pod was only cut off for a while
 * comes into sight again on the same connection, and does not ask for its session a second time.
 */
export class Absences {
  readonly #closed = new Map<string, Absence>();

  constructor(private readonly clock: Clock) {}

  /** @returns the partitions to look into */
  partitions(): Set<number> {
    const nowMs = this.clock.monotonicMs();
    for (const [sessionKey, { untilMs }] of this.#closed) {
      if (untilMs <= nowMs) this.#closed.delete(sessionKey);
    }
    return new Set([...this.#closed.values()].map(({ partition }) => partition));
  }

  /** Remembers a session that is being closed; beyond as many as a pod may hold the oldest is forgotten. */
  add({ opened: { sessionKey, epoch } }: UpstreamSession, partition: number): void {
    const [oldest] = this.#closed.keys();
    if (this.#closed.size >= limits.upstreamSessionsPerPod.value && oldest !== undefined) {
      this.#closed.delete(oldest);
    }
    const untilMs = this.clock.monotonicMs() + REMEMBER_MS;
    this.#closed.set(sessionKey, { epoch, partition, untilMs });
  }

  /** Takes out what is in sight again. @returns the entries of the same connections */
  take(entries: readonly PresenceEntry[]): PresenceEntry[] {
    return entries.filter(({ sessionKey, epoch }) => {
      const absence = this.#closed.get(sessionKey);
      return absence !== undefined && this.#closed.delete(sessionKey) && absence.epoch === epoch;
    });
  }
}
