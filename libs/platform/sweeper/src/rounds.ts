import type { Clock, Timer } from '@causeway/lifecycle';

export interface RoundsOptions {
  readonly clock: Clock;
  /** Time between the end of a round and the next one, milliseconds. */
  readonly everyMs: number;
  /** Share of `everyMs` by which a wait is longer or shorter, so that pods that started together part; 0 by default. */
  readonly jitter?: number;
  /** Does a part of the work. @returns whether more is waiting, which makes the round go on */
  readonly work: () => Promise<boolean>;
  /** A part failed: the round ends, and the next one tries again. */
  readonly onFailure: (error: unknown) => void;
  readonly random?: () => number;
}

/** Background work that is done in rounds, never two at a time. */
export class Rounds {
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(private readonly options: RoundsOptions) {}

  /** The first round comes after a random share of the interval. */
  start(): void {
    const { everyMs, random = Math.random } = this.options;
    if (this.#timer === undefined && this.#running === undefined) this.#schedule(random() * everyMs);
  }

  /** Begins a round now; a call while one is at work makes it look once more. */
  kick(): void {
    this.#again = true;
    if (this.#stopped || this.#running !== undefined) return;
    if (this.#timer !== undefined) this.options.clock.clearTimeout(this.#timer);
    this.#running = this.#round().finally(() => {
      this.#running = undefined;
      const { everyMs, jitter = 0, random = Math.random } = this.options;
      this.#schedule(everyMs * (1 + jitter * (2 * random() - 1)));
    });
  }

  /** Resolves after the part at work; the rest of its round is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== undefined) this.options.clock.clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(ms: number): void {
    if (!this.#stopped) this.#timer = this.options.clock.setTimeout(() => this.kick(), ms);
  }

  async #round(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        if (await this.options.work()) this.#again = true;
      }
    } catch (error) {
      this.options.onFailure(error);
    }
  }
}
