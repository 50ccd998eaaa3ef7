import { setTimeout as delay } from 'node:timers/promises';
import { migrateEventLog, openEventBus } from '@causeway/events';
import { Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { createTestDatabase, type Engines } from '@causeway/testing';
import type { Measure } from '../harness/benchmark.js';
import { median } from '../harness/statistics.js';

const SUBSCRIPTIONS = 8;
const PARTITIONS = 128;
const GOAL = 0.2;
const SETTLE_MS = 10_000;
const MEASURE_MS = 10_000;

/** What the log in PostgreSQL costs this process while eight subscriptions wait; nothing else may run in it. */
export async function measurePostgresLog(engines: Engines, rounds: number): Promise<Measure> {
  const database = await createTestDatabase(engines);
  const postgres = Postgres.connect(database.url, {
    poolSize: 8,
    applicationName: 'idle',
    statementTimeoutMs: 10_000,
  });
  await migrateEventLog(postgres);
  const bus = openEventBus('postgres:', {
    clientId: 'idle',
    postgres,
    logger: createLogger({ service: 'idle', level: 'silent' }),
    metrics: createMetrics('idle'),
    partitions: PARTITIONS,
  });
  try {
    for (let n = 0; n < SUBSCRIPTIONS; n++) {
      await bus.subscribe({
        topic: { name: `idle.${n}.v1`, schema: { parse: (value) => value }, key: () => 'a' },
        group: 'idle',
        mode: 'shared',
        handle: async () => undefined,
        retry: { attempts: 1, backoffMs: 1 },
        onPoison: 'dead-letter',
      });
    }
    await delay(SETTLE_MS);
    const used: number[] = [];
    for (let round = 0; round < rounds; round++) used.push(await measure());
    const note = `${SUBSCRIPTIONS} subscriptions, ${rounds} rounds of ${MEASURE_MS / 1000} s, of a core`;
    return { name: 'log in PostgreSQL', unit: '%', ours: median(used), goal: GOAL, note };
  } finally {
    await bus.close();
    await postgres.close();
    await database.drop();
  }
}

async function measure(): Promise<number> {
  const [before, startedAt] = [process.cpuUsage(), performance.now()];
  await delay(MEASURE_MS);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1_000 / (performance.now() - startedAt)) * 100;
}
