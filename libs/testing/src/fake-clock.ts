/** A pending call of a FakeClock. */
export interface FakeTimer {
  unref(): void;
}

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** Time that stands still until it is told to move; has the shape of the platform's `Clock`. */
export class FakeClock {
  private elapsed = 0;
  private wall: number;
  private order = 0;
  private readonly timers = new Map<FakeTimer, Pending>();

  /** @param startMs wall time at the beginning, milliseconds since 1970 */
  constructor(startMs = 1_750_000_000_000) {
    this.wall = startMs;
  }

  now(): number {
    return this.wall + this.elapsed;
  }

  monotonicMs(): number {
    return this.elapsed;
  }

  setTimeout(fn: () => void, ms: number): FakeTimer {
    const timer: FakeTimer = { unref: () => undefined };
    this.timers.set(timer, { at: this.elapsed + Math.max(0, ms), order: this.order++, fn });
    return timer;
  }

  clearTimeout(timer: FakeTimer): void {
    this.timers.delete(timer);
  }

  /** Moves the wall clock alone, as an operator or NTP would. */
  jumpWall(ms: number): void {
    this.wall += ms;
  }

  /** Moves time forward; due calls run in order, and promises settle between them. */
  async advance(ms: number): Promise<void> {
    const target = this.elapsed + ms;
    await settle();
    for (let due = this.nextDue(target); due !== undefined; due = this.nextDue(target)) {
      const [timer, pending] = due;
      this.timers.delete(timer);
      this.elapsed = pending.at;
      pending.fn();
      await settle();
    }
    this.elapsed = target;
  }

  private nextDue(target: number): [FakeTimer, Pending] | undefined {
    return [...this.timers]
      .filter(([, pending]) => pending.at <= target)
      .sort(([, a], [, b]) => a.at - b.at || a.order - b.order)[0];
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
