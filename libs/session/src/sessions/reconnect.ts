const CAP_SECONDS = 900;
const JITTER = 0.1;

/** Waits between logins: 1, 1, 2, 3, 5, … seconds (Fibonacci), ±10 %, at most 15 minutes. */
export class ReconnectDelay {
  #previous = 0;
  #next = 1;

  constructor(private readonly random: () => number = Math.random) {}

  /** @returns milliseconds to wait before the next login. */
  next(): number {
    const seconds = Math.min(this.#next, CAP_SECONDS);
    this.skip(1);
    return Math.round(seconds * 1000 * (1 + JITTER * (2 * this.random() - 1)));
  }

  /** Leaves out steps: the next wait is that much longer. */
  skip(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      [this.#previous, this.#next] = [this.#next, Math.min(this.#previous + this.#next, CAP_SECONDS)];
    }
  }

  /** A connection was stable: the next loss starts from the beginning. */
  reset(): void {
    this.#previous = 0;
    this.#next = 1;
  }
}
