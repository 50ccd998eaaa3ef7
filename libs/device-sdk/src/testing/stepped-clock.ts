import type { Clock, Timer } from '../clock.js';

/** Time that moves only when a test says so. */
export class SteppedClock implements Clock {
  private time = 1_000_000;
  private readonly timers = new Map<object, { readonly at: number; readonly run: () => void }>();

  /** When each timer that is set would fire, in milliseconds from now. */
  get waits(): number[] {
    return [...this.timers.values()].map(({ at }) => at - this.time);
  }

  now(): number {
    return this.time;
  }

  setTimeout(run: () => void, ms: number): Timer {
    const timer = {};
    this.timers.set(timer, { at: this.time + ms, run });
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.timers.delete(timer as object);
  }

  advance(ms: number): void {
    this.time += ms;
    for (const [timer, { at, run }] of [...this.timers]) {
      if (at <= this.time && this.timers.delete(timer)) run();
    }
  }
}
