import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import type { Enlister } from './enlister.js';
import { claimDue, type EnlistmentClaim } from './enlistments.store.js';

/** Goes on with enlistments that got no answer, or whose process ended. Several pods may sweep: a claim is one pod's. */
export class EnlistmentSweeper {
  private timer: Timer | undefined;
  private sweeping: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly enlister: Pick<Enlister, 'attempt'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#schedule();
  }

  /** Ends after the attempts at work; their own deadlines bound them. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    await this.sweeping;
  }

  #schedule(): void {
    if (this.stopped) return;
    this.timer = this.clock.setTimeout(() => {
      this.sweeping = this.#sweep().finally(() => this.#schedule());
    }, limits.enlistmentSweepMs.value);
  }

  async #sweep(): Promise<void> {
    try {
      const claims = await claimDue(this.postgres, limits.enlistmentSweepItems.value);
      await Promise.all(claims.map((claim) => this.#attempt(claim)));
    } catch (err) {
      this.logger.warn({ err }, 'due enlistments cannot be read; the next sweep tries again');
    }
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
