import type { Clock, Timer } from '@causeway/lifecycle';

/** A clock that moves only when told to. */
export class TestClock implements Clock {
  private time = 1_700_000_000_000;
  private readonly pending = new Map<Timer, { at: number; run: () => void }>();

  now(): number {
    return this.time;
  }

  monotonicMs(): number {
    return this.time;
  }

  setTimeout(run: () => void, ms: number): Timer {
    const timer: Timer = { unref: () => undefined };
    this.pending.set(timer, { at: this.time + ms, run });
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.pending.delete(timer);
  }

  get timers(): number {
    return this.pending.size;
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.pending].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this.pending.delete(due[0]);
      this.time = due[1].at;
      due[1].run();
    }
    this.time = end;
  }
}
