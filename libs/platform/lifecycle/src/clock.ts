/** A pending call, opaque to its owner. */
export interface Timer {
  /** Lets the process end although the call is still pending. */
  unref(): void;
}

/** Time as a dependency, so that leases, deadlines and drains can be tested without waiting. */
export interface Clock {
  /** Wall time, milliseconds since 1970 (UTC). May jump; never measure with it. */
  now(): number;
  /** Milliseconds from an arbitrary start that never go back. For durations, leases and fences. */
  monotonicMs(): number;
  /** Calls `fn` once, `ms` milliseconds from now. */
  setTimeout(fn: () => void, ms: number): Timer;
  /** Forgets a pending call; no effect when it has already run. */
  clearTimeout(timer: Timer): void;
}

const pending = new WeakMap<Timer, NodeJS.Timeout>();

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout(fn, ms) {
    const handle = setTimeout(fn, ms);
    const timer: Timer = { unref: () => void handle.unref() };
    pending.set(timer, handle);
    return timer;
  },
  clearTimeout(timer) {
    clearTimeout(pending.get(timer));
  },
};
