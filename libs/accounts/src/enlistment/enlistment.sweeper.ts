import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import { Rounds } from '@causeway/sweeper';
import type { Logger } from '@causeway/telemetry';
import type { Enlister } from './enlister.js';
import { claimDue, type EnlistmentClaim } from './enlistments.store.js';

/** Goes on with enlistments that got no answer, or whose process ended. Several pods may sweep: a claim is one pod's. */
export class EnlistmentSweeper {
  readonly #rounds: Rounds;

  constructor(
    private readonly postgres: Postgres,
    private readonly enlister: Pick<Enlister, 'attempt'>,
    clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#rounds = new Rounds({
      clock,
      everyMs: limits.enlistmentSweepMs.value,
      work: () => this.#batch(),
      onFailure: (err) => logger.warn({ err }, 'due enlistments cannot be read; the next sweep tries again'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Ends after the attempts at work; their own deadlines bound them. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #batch(): Promise<boolean> {
    const claims = await claimDue(this.postgres, limits.enlistmentSweepItems.value);
    await Promise.all(claims.map((claim) => this.#attempt(claim)));
    return claims.length === limits.enlistmentSweepItems.value;
  }

  async #attempt(claim: EnlistmentClaim): Promise<void> {
    try {
      await this.enlister.attempt(claim);
    } catch (err) {
      const { optInId, attempt } = claim;
      this.logger.warn(
        { err, optInId, attempt },
        'enlistment attempt broke off; another follows when its claim ends',
      );
    }
  }
}
