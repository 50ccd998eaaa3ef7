/** Wakes whoever waits for a change. */
export class Signal {
  private waiting: (() => void)[] = [];

  /** Resolves at the next `fire`. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  fire(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Waits until `condition` holds, looking again at every `fire`. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.next();
  }
}
