import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { tryLockInTransaction, type Postgres } from '@causeway/postgres';
import type { Logger, Metrics } from '@causeway/telemetry';
import { Rounds } from './rounds.js';
import type { Sweep, Swept } from './sweep.js';

const JITTER = 0.2;

export interface SweeperDependencies {
  readonly postgres: Postgres;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Carries out sweeps, each in rounds of its own. Every pod has a sweeper; a lock per sweep, held for one batch, lets
 * one of them work at a time. What was removed is counted by reason.
 */
export class Sweeper {
  readonly #rounds: readonly Rounds[];

  constructor(sweeps: readonly Sweep[], dependencies: SweeperDependencies) {
    this.#rounds = sweeps.map((sweep) => roundsOf(sweep, dependencies));
  }

  start(): void {
    for (const rounds of this.#rounds) rounds.start();
  }

  /** Sweeps now. */
  kick(): void {
    for (const rounds of this.#rounds) rounds.kick();
  }

  /** Resolves after the batches at work. */
  async stop(): Promise<void> {
    await Promise.all(this.#rounds.map((rounds) => rounds.stop()));
  }
}

function roundsOf(sweep: Sweep, { postgres, clock, logger, metrics }: SweeperDependencies): Rounds {
  const { name, everyMs } = sweep;
  const removed = metrics.counter('swept_rows_total', 'Rows removed because their time was over, by reason', [
    'sweep',
    'reason',
  ]);
  const batches = metrics.counter('sweep_batches_total', 'Batches of sweeps by outcome', [
    'sweep',
    'outcome',
  ]);
  return new Rounds({
    clock,
    everyMs,
    jitter: JITTER,
    async work() {
      const swept = await postgres.transaction(async (tx) =>
        (await tryLockInTransaction(tx, `sweep:${name}`)) ? sweep.batch(tx) : undefined,
      );
      batches.inc({ sweep: name, outcome: swept === undefined ? 'elsewhere' : 'done' });
      const total = count(swept ?? {}, (reason, rows) => removed.inc({ sweep: name, reason }, rows));
      if (total > 0) logger.info({ sweep: name, ...swept }, 'removed what had expired');
      return total >= limits.sweepBatchItems.value;
    },
    onFailure(err) {
      batches.inc({ sweep: name, outcome: 'failed' });
      logger.warn({ err, sweep: name }, 'sweep failed; the next round tries again');
    },
  });
}

function count(swept: Swept, each: (reason: string, rows: number) => void): number {
  const entries = Object.entries(swept);
  for (const [reason, rows] of entries) each(reason, rows);
  return entries.reduce((total, [, rows]) => total + rows, 0);
}
