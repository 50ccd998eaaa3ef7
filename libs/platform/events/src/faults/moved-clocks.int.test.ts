import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, inject, it } from 'vitest';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import {
  byNight,
  cannotMoveClocks,
  nightly,
  ownKafkaWithClock,
  ownPostgresWithClock,
  type MovableClock,
  type OwnEngine,
} from '@causeway/testing/faults';
import { migrateEventLog } from '../index.js';
import { runTrial, trialTimeoutMs } from './consumer-trials.fixture.js';
import { connect, type TrialAddresses } from './member.fixture.js';
import type { Trial } from './trial.fixture.js';

const tenMinutesMs = 600_000;
/** Longer than any membership lasts. */
const settleMs = 20_000;

const databases: TestDatabase[] = [];
afterAll(() => Promise.all(databases.map((database) => database.drop())));

/** Effects are at an engine whose clock is right: what they show is measured by it. */
async function effects(): Promise<string> {
  const database = await createTestDatabase(inject('engines'));
  databases.push(database);
  return database.url;
}

/** Ten minutes forward, twenty back, and then a member dies, whose place must not be kept for it until the clock is there again. */
async function moveAndKill(trial: Trial, engine: MovableClock): Promise<void> {
  const doomed = await trial.process('doomed');
  // Members of ours whose own clocks are wrong, each the other way.
  await trial.process('fast', { clockAheadMs: tenMinutesMs });
  await trial.process('slow', { clockAheadMs: -tenMinutesMs });
  await trial.flow();
  await engine.moveClock(tenMinutesMs);
  await delay(settleMs);
  await engine.moveClock(-tenMinutesMs);
  await delay(settleMs);
  await doomed.kill();
  trial.healed();
  await trial.finish();
  await trial.requireNoDeadLetters();
}

function clockTrial(
  name: string,
  start: () => Promise<OwnEngine & MovableClock>,
  addressesOf: (engine: OwnEngine) => Promise<TrialAddresses>,
): void {
  const title = 'of the server and of members, ten minutes each way: nothing is lost, doubled or reordered';
  const shown = cannotMoveClocks === undefined ? byNight(title) : `${title} [skipped: ${cannotMoveClocks}]`;
  it.runIf(nightly && cannotMoveClocks === undefined)(shown, { timeout: trialTimeoutMs }, async () => {
    const engine = await start();
    try {
      const options = { title: `${name}, clocks of the server and of members ±10 min` };
      await runTrial(await addressesOf(engine), options, (trial) => moveAndKill(trial, engine));
    } finally {
      await engine.remove();
    }
  });
}

describeWithEngine('redis', 'clocks that are moved, on Postgres in a container as Redis', () => {
  clockTrial('Postgres', ownPostgresWithClock, async ({ url }) => {
    const postgres = connect(url);
    await migrateEventLog(postgres);
    await postgres.close();
    return { bus: 'postgres:', log: url, effects: await effects() };
  });
});

describeWithEngine('kafka', 'clocks that are moved, with Kafka', () => {
  clockTrial('Kafka', ownKafkaWithClock, async ({ url }) => ({
    bus: `kafka://${url}`,
    effects: await effects(),
  }));
});
