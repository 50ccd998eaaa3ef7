import { systemClock } from '@causeway/lifecycle';
import { Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, plansOf } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sessionKeyNumber } from '../fixtures/session-world.js';
import { RestStore } from '../rests/rests.store.js';
import { restsSweep } from '../rests/rests.sweep.js';
import { createSessionMetrics } from '../sessions/session-metrics.js';
import { PartitionFence } from './partition-fence.js';

describeWithEngine('postgres', 'statements of what outlives the owner of a partition', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  const { logger } = captureLogs();
  const { handovers, rests: writes } = createSessionMetrics(createMetrics('session'));
  const owner = { partition: 7, generation: 3 };
  const sessionKey = sessionKeyNumber(1);

  const fence = (db: Postgres) => new PartitionFence({ postgres: db, clock: systemClock, logger, handovers });
  const rests = (db: Postgres) => new RestStore({ postgres: db, logger, writes, ownerOf: () => owner });

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'plans', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.urlFor('session'), options);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });

  it.each<[string, number, (db: Postgres) => Promise<unknown>, RegExp]>([
    // Raising the fence is an insert, which reads nothing.
    ['take partitions', 3, (db) => fence(db).take([6, 7], 3), /partitions_pkey.*partitions_pkey/],
    ['let go of them', 1, (db) => fence(db).release([owner]), /partitions_pkey/],
    [
      'write a rest behind the fence',
      1,
      (db) => rests(db).write({ sessionKey, kind: 'login', code: 'account_banned', forMs: 1_000 }),
      /partitions_pkey/,
    ],
    ['read the rests of partitions', 1, (db) => rests(db).load([6, 7]), /rests_(partition|until)_idx/],
    ['forget those of a session', 1, (db) => rests(db).forget(sessionKey), /rests_pkey/],
    ['sweep what is over', 1, (db) => restsSweep.batch(db), /rests_until_idx/],
  ])('%s by index', async (_what, statements, work, index) => {
    const plans = await plansOf(postgres, work);
    expect(plans).toHaveLength(statements);
    expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes).join(' ')).toMatch(index);
  });
});
