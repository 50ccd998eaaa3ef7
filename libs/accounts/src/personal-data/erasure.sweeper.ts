import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import { Rounds } from '@causeway/sweeper';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { Erasures } from './erasure.service.js';
import { claimErasures, pendingErasures } from './erasures.store.js';

const ITEMS = limits.erasureSweepItems.value;

export interface ErasureSweeperParts {
  readonly postgres: Postgres;
  readonly erasures: Pick<Erasures, 'advance'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Goes on with erasures. Several pods may sweep: a claim is one pod's. */
export class ErasureSweeper {
  readonly #rounds: Rounds;
  readonly #pending;
  readonly #oldest;

  constructor(private readonly parts: ErasureSweeperParts) {
    const { clock, logger, metrics } = parts;
    this.#pending = metrics.gauge('erasures_pending', 'Erasures of users that are not completed');
    this.#oldest = metrics.gauge('erasure_oldest_seconds', 'Age of the oldest erasure that is not completed');
    this.#rounds = new Rounds({
      clock,
      everyMs: limits.erasureSweepMs.value,
      work: () => this.#batch(),
      onFailure: (err) => logger.warn({ err }, 'due erasures cannot be read; the next sweep tries again'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #batch(): Promise<boolean> {
    const { postgres } = this.parts;
    const claimed = await claimErasures(postgres, ITEMS);
    await Promise.all(claimed.map((userId) => this.#advance(userId)));
    const { count, oldestSeconds } = await pendingErasures(postgres);
    this.#pending.set(count);
    this.#oldest.set(oldestSeconds);
    return claimed.length === ITEMS;
  }

  async #advance(userId: string): Promise<void> {
    try {
      await this.parts.erasures.advance(userId);
    } catch (err) {
      this.parts.logger.warn({ err }, 'an erasure broke off; it goes on when its claim ends');
    }
  }
}
