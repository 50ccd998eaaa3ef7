import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, describeWithEngine, eventually } from '@causeway/testing';
import {
  behindProxy,
  byNight,
  nightly,
  ownFullablePostgres,
  ownPostgres,
  ownSmallDiskPostgres,
  seeded,
  type FullablePostgres,
  type SmallDiskPostgres,
} from '@causeway/testing/faults';
import { migrateEventLog } from '../index.js';
import { runTrial, trialTimeoutMs } from './consumer-trials.fixture.js';
import { engineTrials, retry } from './engine-trials.fixture.js';
import { connect } from './member.fixture.js';

async function migrate(url: string): Promise<void> {
  const postgres = connect(url);
  await migrateEventLog(postgres);
  await postgres.close();
}

describe('an engine under faults: on Postgres', () => {
  engineTrials(
    'Postgres',
    async () => behindProxy(await ownPostgres()),
    async ({ url }) => {
      // Goes with its engine.
      const database = await createTestDatabase({ postgresUrl: url });
      await migrate(database.url);
      return { bus: 'postgres:', log: database.url, effects: database.url };
    },
  );
});

// A disk of a size of its own needs a container, as Redis does.
describeWithEngine(
  'redis',
  'an engine under faults: on Postgres with a small disk, in a container as Redis',
  () => {
    let engine: FullablePostgres;
    beforeAll(async () => {
      engine = await ownFullablePostgres();
      await migrate(engine.smallUrl);
    }, 120_000);
    afterAll(() => engine.remove());

    it(
      'refuses to publish with a code while the disk is full, and goes on when there is room',
      { timeout: trialTimeoutMs },
      seeded(async (random) => {
        const options = {
          title: 'Postgres, disk full',
          seed: random.seed,
          tuning: { publishDeadlineMs: 2_000, publishBufferItems: 500 },
          everyMs: 30,
        };
        const addresses = { bus: 'postgres:', log: engine.smallUrl, effects: engine.url };
        await runTrial(addresses, options, async (trial) => {
          await trial.member('one');
          await trial.member('two');
          await trial.flow();
          await engine.fillDisk();
          await eventually(() => expect(trial.refusals.size).toBeGreaterThan(0), { deadlineMs: 30_000 });
          await engine.freeDisk();
          trial.healed();
          await trial.finish();
          await trial.requireNoDeadLetters();
          for (const code of trial.refusals.keys())
            expect(['publish_timeout', 'publish_refused', 'publish_buffer_full']).toContain(code);
        });
      }),
    );
  },
);

describeWithEngine(
  'redis',
  'an engine under faults: on Postgres whole on a small disk, in a container as Redis',
  () => {
    let engine: SmallDiskPostgres;
    beforeAll(async () => {
      engine = await ownSmallDiskPostgres();
    }, 120_000);
    afterAll(() => engine.remove());

    it.runIf(nightly)(
      byNight('loses and doubles nothing when the server crashes because its own log finds no room'),
      { timeout: trialTimeoutMs },
      seeded(async (random) => {
        const database = await createTestDatabase({ postgresUrl: engine.url });
        await migrate(database.url);
        const addresses = { bus: 'postgres:', log: database.url, effects: database.url };
        const options = { title: 'Postgres, no room for the WAL', seed: random.seed, retry };
        await runTrial(addresses, options, async (trial) => {
          await trial.member('one');
          await trial.member('two');
          await trial.flow();
          for (let round = 0; round < 3; round++) {
            await engine.fillDisk();
            await delay(random.int(1_000, 10_000));
            await engine.freeDisk();
            trial.healed();
            await delay(random.int(500, 3_000));
          }
          await trial.finish();
          await trial.requireNoDeadLetters();
        });
      }),
    );
  },
);
