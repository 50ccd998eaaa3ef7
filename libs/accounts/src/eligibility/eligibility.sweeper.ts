import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { Rounds } from '@causeway/sweeper';
import type { Logger } from '@causeway/telemetry';
import type { Eligibility } from './eligibility.service.js';

/** Looks every hour for users whose absence has become too long. Several pods may: each suspension is a transaction. */
export class EligibilitySweeper {
  readonly #rounds: Rounds;

  constructor(eligibility: Pick<Eligibility, 'sweep'>, clock: Clock, logger: Logger) {
    this.#rounds = new Rounds({
      clock,
      everyMs: limits.eligibilitySweepMs.value,
      jitter: 0.2,
      work: () => eligibility.sweep(),
      onFailure: (err) => logger.warn({ err }, 'absences could not be judged; the next round tries again'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }
}
