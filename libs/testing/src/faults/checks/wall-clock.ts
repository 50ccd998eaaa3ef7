const realDate = globalThis.Date;
let offsetMs = 0;

/** The machine's date, displaced. */
class JumpedDate extends realDate {
  constructor(...args: [] | ConstructorParameters<typeof realDate>) {
    // What is given stays as it is; only "now" is displaced.
    super(...((args.length === 0 ? [realDate.now() + offsetMs] : args) as [number]));
  }

  static override now(): number {
    return realDate.now() + offsetMs;
  }
}

/**
 * Moves the wall clock of this process (`Date`), as an operator or NTP would: timers and the monotonic clock
 * (`performance.now`) go on undisturbed. Jumps add up; `restoreWallClock` ends them all. For code that takes a `Clock`,
 * `FakeClock.jumpWall` does the same without touching the process.
 */
export function jumpWallClock(ms: number): void {
  offsetMs += ms;
  globalThis.Date = JumpedDate as DateConstructor;
}

export function restoreWallClock(): void {
  offsetMs = 0;
  globalThis.Date = realDate;
}
