const JITTER = 0.1;

/** Waits that grow: 1, 1, 2, 3, 5, … seconds (Fibonacci), ±10 %, as the gatekeeper's own clients wait. */
export class FibonacciDelay {
  #previous = 0;
  #next = 1;

  /** @param capMs the longest wait, milliseconds, before jitter */
  constructor(
    private readonly capMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** @returns milliseconds to wait before the next attempt. */
  next(): number {
    const seconds = this.#next;
    this.skip(1);
    return Math.round(seconds * 1000 * (1 + JITTER * (2 * this.random() - 1)));
  }

  /** Leaves out steps: the next wait is that much longer. */
  skip(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      [this.#previous, this.#next] = [this.#next, Math.min(this.#previous + this.#next, this.capMs / 1000)];
    }
  }

  /** It went well: the next wait is the first again. */
  reset(): void {
    this.#previous = 0;
    this.#next = 1;
  }
}
