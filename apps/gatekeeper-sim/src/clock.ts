/** Time as the simulator takes it, so that thirty days can pass within a test. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(run: () => void, ms: number): object;
  clearTimeout(timer: object): void;
}

/** The machine's own clock; its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Whole seconds since 1970, as the wire writes times. */
export function seconds(clock: Clock): string {
  return String(Math.floor(clock.now() / 1000));
}
