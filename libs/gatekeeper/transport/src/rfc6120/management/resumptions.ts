import type { Clock } from '@causeway/lifecycle';
import type { ManagedState } from './stream-management.js';

/** A session that the server still keeps after its connection was lost. */
export interface Resumption {
  /** The server's name for it. */
  readonly id: string;
  /** The full address that was bound. */
  readonly address: string;
  readonly state: ManagedState;
}

/** As many as a process may hold connections. */
export const maxResumptions = 10_000;

/**
 * Sessions that can be resumed, by the key of their owner. They are in memory alone: another process logs in afresh, and
 * the server delivers again what was not settled.
 */
export class Resumptions {
  private readonly kept = new Map<string, { readonly resumption: Resumption; readonly untilMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly capacity = maxResumptions,
  ) {}

  get size(): number {
    return this.kept.size;
  }

  /** Keeps a session for its time; the oldest gives way where there are too many. */
  keep(key: string, resumption: Resumption, seconds: number): void {
    this.kept.delete(key);
    this.forgetOld();
    if (this.kept.size >= this.capacity) this.kept.delete(this.kept.keys().next().value ?? '');
    if (this.capacity > 0) {
      this.kept.set(key, { resumption, untilMs: this.clock.monotonicMs() + seconds * 1_000 });
    }
  }

  /** Takes a session out, if it is still there. */
  take(key: string): Resumption | undefined {
    const entry = this.kept.get(key);
    this.kept.delete(key);
    return entry === undefined || entry.untilMs <= this.clock.monotonicMs() ? undefined : entry.resumption;
  }

  /** Entries stand in the order in which they were kept, which is nearly that of their ends. */
  private forgetOld(): void {
    const now = this.clock.monotonicMs();
    for (const [key, { untilMs }] of this.kept) {
      if (untilMs > now) return;
      this.kept.delete(key);
    }
  }
}
