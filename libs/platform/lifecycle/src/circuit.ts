import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { Clock } from './clock.js';

export type CircuitName = 'closed' | 'half-open' | 'open';

const names: Readonly<Record<CircuitState, CircuitName>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

export interface CircuitOptions {
  readonly clock: Clock;
  /** Failures in a row at which calls are not tried any more. */
  readonly failuresInARow: number;
  /** How long they are not tried, in milliseconds; then one is. */
  readonly pauseMs: number;
  /** Whether an error means that the other side did not answer. */
  readonly isFailure: (error: Error) => boolean;
  /** Makes the error of a call that is not tried. */
  readonly refused: () => Error;
  /** Told of each transition. */
  readonly onChange: (to: CircuitName, from: CircuitName) => void;
}

/**
 * Stops calling somebody who does not answer: after failures in a row every call fails at once, until one that is
 * tried after a pause succeeds.
 */
export class Circuit {
  readonly #policy;
  #name: CircuitName = 'closed';
  #openedAtMs = 0;

  constructor(private readonly options: CircuitOptions) {
    this.#policy = circuitBreaker(
      handleWhen((error) => error instanceof Error && options.isFailure(error)),
      {
        breaker: new ConsecutiveBreaker(options.failuresInARow),
        // The library keeps the pause by the wall clock, which may be set back; it is kept here.
        halfOpenAfter: Number.NEGATIVE_INFINITY,
      },
    );
    this.#policy.onStateChange((state) => this.#changed(names[state]));
  }

  /** Tries a call. @throws {Error} what the call throws, or `refused()` when it is not tried */
  async run<T>(call: () => Promise<T>): Promise<T> {
    // In the library, calls beside the one that is tried would wait for it.
    if (this.#name === 'half-open' || this.#pauses()) throw this.options.refused();
    return this.#policy.execute(call);
  }

  #pauses(): boolean {
    const sinceMs = this.options.clock.monotonicMs() - this.#openedAtMs;
    return this.#name === 'open' && sinceMs < this.options.pauseMs;
  }

  #changed(to: CircuitName): void {
    const from = this.#name;
    this.#name = to;
    if (to === 'open') this.#openedAtMs = this.options.clock.monotonicMs();
    this.options.onChange(to, from);
  }
}
