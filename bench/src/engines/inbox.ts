import { claimInboxBatch } from '@causeway/outbox';
import { sql, type Postgres } from '@causeway/postgres';
import { startEngines } from '@causeway/testing/engines';
import type { Benchmark } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { openQueues } from './queue-tables.js';
import { compareRates, rateOf } from './rates.js';

const ROWS = 20_000;
const BATCH = 64;
/** Transactions that are on their way together. */
const CALLS = 8;
const GOAL = 0.5;

type Write = (postgres: Postgres, ids: readonly string[]) => Promise<unknown>;

const writes: Readonly<Record<'claim' | 'bare insert', Write>> = {
  claim: (postgres, ids) =>
    postgres.transaction((tx) =>
      claimInboxBatch(
        tx,
        'owner',
        ids.map((id) => ({ source: 'bench', id })),
      ),
    ),
  'bare insert': (postgres, ids) =>
    postgres.query(
      sql`insert into owner.bare (source, id) select 'bench', id from unnest(${ids}::text[]) as c (id)`,
    ),
};

/** Claims in batches, each in a transaction, against the same rows inserted without asking. */
export const inboxBenchmark: Benchmark = {
  name: 'inbox',
  async run(options) {
    const running = await startEngines(new Set(['postgres'] as const));
    const queues = await openQueues(running.engines);
    let next = 0;
    try {
      const names = ['claim', 'bare insert'] as const;
      const rounds = await interleave(names, options, async (name, round) => {
        options.log(`inbox: round ${round + 1}, ${name}`);
        const ids = Array.from({ length: ROWS }, () => `id-${next++}`);
        return rateOf(ROWS, () => inBatches(ids, (batch) => writes[name](queues.postgres, batch)));
      });
      const claims = rounds.get('claim') ?? [];
      return [compareRates('1,000 claims', claims, rounds.get('bare insert') ?? [], GOAL)];
    } finally {
      await queues.close();
      await running.stop();
    }
  },
};

async function inBatches(
  ids: readonly string[],
  write: (batch: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const starts = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, n) => n * BATCH).values();
  const work = async () => {
    for (const start of starts) await write(ids.slice(start, start + BATCH));
  };
  await Promise.all(Array.from({ length: CALLS }, work));
}
