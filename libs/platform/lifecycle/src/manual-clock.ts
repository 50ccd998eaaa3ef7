import type { Clock, Timer } from './clock.js';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that stands still until it is told to move. For tests. */
export class ManualClock implements Clock {
  private elapsed = 0;
  private order = 0;
  private wallOffset: number;
  private readonly timers = new Map<Timer, Pending>();

  /** @param startMs the wall time at the beginning, milliseconds since 1970 */
  constructor(startMs = 1_700_000_000_000) {
    this.wallOffset = startMs;
  }

  now(): number {
    return this.wallOffset + this.elapsed;
  }

  monotonicMs(): number {
    return this.elapsed;
  }

  /** Moves the wall clock alone, as an operator or NTP would. */
  jumpWall(ms: number): void {
    this.wallOffset += ms;
  }

  setTimeout(fn: () => void, ms: number): Timer {
    const timer: Timer = { unref: () => undefined };
    this.timers.set(timer, { at: this.elapsed + Math.max(0, ms), order: this.order++, fn });
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.timers.delete(timer);
  }

  /** Number of calls that are still to come. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Moves time forward; due calls run in order, and promises settle between them. */
  async advance(ms: number): Promise<void> {
    const target = this.elapsed + ms;
    await settle();
    for (let next = this.nextDue(target); next; next = this.nextDue(target)) {
      this.timers.delete(next.timer);
      this.elapsed = next.pending.at;
      next.pending.fn();
      await settle();
    }
    this.elapsed = target;
    await settle();
  }

  private nextDue(target: number): { timer: Timer; pending: Pending } | undefined {
    return [...this.timers]
      .map(([timer, pending]) => ({ timer, pending }))
      .filter(({ pending }) => pending.at <= target)
      .sort((a, b) => a.pending.at - b.pending.at || a.pending.order - b.pending.order)[0];
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
