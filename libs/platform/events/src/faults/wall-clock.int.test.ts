import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { sql, type Postgres } from '@causeway/postgres';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import { byNight, jumpWallClock, nightly, restoreWallClock } from '@causeway/testing/faults';
import { migrateEventLog } from '../index.js';
import { runTrial, trialTimeoutMs } from './consumer-trials.fixture.js';
import { connect, type TrialAddresses } from './member.fixture.js';
import type { Trial } from './trial.fixture.js';

const tenMinutesMs = 600_000;

let database: TestDatabase;
let postgres: Postgres;

beforeEach(async () => {
  database = await createTestDatabase(inject('engines'));
  postgres = connect(database.url);
  await migrateEventLog(postgres);
});

afterEach(async () => {
  restoreWallClock();
  await postgres.close();
  await database.drop();
});

/** Jumps there and back; a membership that depended on the wall clock would be over in `membershipMs`. */
async function jumpThereAndBack(trial: Trial, membershipMs: number): Promise<void> {
  await trial.member('one');
  await trial.member('two');
  await trial.flow();
  jumpWallClock(tenMinutesMs);
  await delay(1_000);
  jumpWallClock(-2 * tenMinutesMs);
  trial.healed();
  await delay(membershipMs + 3_000);
  // What is published now has its effect now.
  trial.healed();
  const { recoveredMs } = await trial.finish();
  await trial.requireNoDeadLetters();
  expect(recoveredMs).toBeLessThan(30_000);
}

describe('a wall clock that jumps, on Postgres', () => {
  const addresses = (): TrialAddresses => ({ bus: 'postgres:', log: database.url, effects: database.url });

  it.runIf(nightly)(
    byNight('of this process: nothing is lost, doubled or delayed'),
    { timeout: trialTimeoutMs },
    async () => {
      await runTrial(addresses(), { title: 'Postgres, clock of the process ±10 min' }, (trial) =>
        jumpThereAndBack(trial, 6_000),
      );
    },
  );

  it(
    'of the server, backwards: a member that died is not waited for until the clock is there again',
    { timeout: trialTimeoutMs },
    async () => {
      await runTrial(addresses(), { title: 'Postgres, clock of the server -10 min' }, async (trial) => {
        const doomed = await trial.process('doomed');
        await trial.member('heir');
        await trial.flow();
        await doomed.kill();
        trial.healed();
        await shiftMemberships(tenMinutesMs);
        await trial.finish();
      });
    },
  );

  it(
    'of the server, forwards: every membership lapses at once, and nothing is lost',
    { timeout: trialTimeoutMs },
    async () => {
      await runTrial(addresses(), { title: 'Postgres, clock of the server +10 min' }, async (trial) => {
        await trial.member('one');
        await trial.member('two');
        await trial.flow();
        await shiftMemberships(-tenMinutesMs);
        trial.healed();
        await trial.finish();
        await trial.requireNoDeadLetters();
      });
    },
  );

  /** To the server's clock a jump by so much the other way. */
  async function shiftMemberships(ms: number): Promise<void> {
    const shifted = await postgres.query(
      sql`update eventlog.members set expires_at = expires_at + ${ms} * interval '1 ms' returning 1`,
    );
    expect(shifted.length).toBeGreaterThan(0);
  }
});

describeWithEngine('kafka', 'a wall clock that jumps, with Kafka', (brokers) => {
  it.runIf(nightly)(
    byNight('of this process: no member loses its place, and nothing is delayed'),
    { timeout: trialTimeoutMs },
    async () => {
      const addresses = { bus: `kafka://${brokers}`, effects: database.url };
      await runTrial(addresses, { title: 'Kafka, clock of the process ±10 min' }, (trial) =>
        jumpThereAndBack(trial, 15_000),
      );
    },
  );
});
