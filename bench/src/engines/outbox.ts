import { setTimeout as delay } from 'node:timers/promises';
import { openEventBus, type EventBus } from '@causeway/events';
import { systemClock } from '@causeway/lifecycle';
import { OutboxDrainer } from '@causeway/outbox';
import { sql, type Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { startEngines } from '@causeway/testing/engines';
import type { Benchmark } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { filler, openQueues, queueTopic } from './queue-tables.js';
import { compareRates, rateOf } from './rates.js';

const ROWS = 20_000;
const BATCH = 500;
const LANES = 64;
const PARTITIONS = 8;
const GOAL = 0.6;

const topic = queueTopic();
const logger = createLogger({ service: 'bench', level: 'silent' });

/** Draining through the acknowledgement of Kafka, against the slower of its two halves alone. */
export const outboxBenchmark: Benchmark = {
  name: 'outbox',
  async run(options) {
    const running = await startEngines(new Set(['postgres', 'kafka'] as const));
    const { kafkaBrokers, ranOn } = running.engines;
    const queues = await openQueues(running.engines);
    const bus =
      kafkaBrokers &&
      openEventBus(`kafka://${kafkaBrokers}`, {
        clientId: 'bench',
        partitions: PARTITIONS,
        logger,
        metrics: createMetrics('bench'),
      });
    try {
      if (!bus) {
        options.log(`outbox: left out, kafka ${ranOn.kafka}`);
        return [];
      }
      const variants = {
        drainer: () => drain(queues.postgres, bus),
        'delete alone': () => deleteAlone(queues.postgres),
        'produce alone': () => produceAlone(bus),
      };
      const names = Object.keys(variants) as (keyof typeof variants)[];
      const rounds = await interleave(names, options, async (name, round) => {
        options.log(`outbox: round ${round + 1}, ${name}`);
        await fill(queues.postgres);
        return rateOf(ROWS, variants[name]);
      });
      const of = (name: keyof typeof variants) => rounds.get(name) ?? [];
      return [
        compareRates('1,000 rows, against delete', of('drainer'), of('delete alone'), GOAL),
        compareRates('1,000 rows, against produce', of('drainer'), of('produce alone'), GOAL),
      ];
    } finally {
      if (bus) await bus.close();
      await queues.close();
      await running.stop();
    }
  },
};

async function fill(postgres: Postgres): Promise<void> {
  await postgres.query(sql`truncate owner.outbox`);
  await postgres.query(sql`insert into owner.outbox (topic, key, event)
    select ${topic.name}, 'lane-' || n % ${LANES},
      jsonb_build_object('lane', 'lane-' || n % ${LANES}, 'filler', ${filler}::text)
    from generate_series(1, ${ROWS}) n`);
}

async function drain(postgres: Postgres, bus: EventBus): Promise<void> {
  const drainer = new OutboxDrainer({
    postgres,
    schema: 'owner',
    bus,
    topics: [topic],
    clock: systemClock,
    logger,
    metrics: createMetrics('bench'),
  });
  drainer.start();
  while ((await postgres.query(sql`select 1 from owner.outbox limit 1`)).length > 0) await delay(10);
  await drainer.stop();
}

async function deleteAlone(postgres: Postgres): Promise<void> {
  for (let left = ROWS; left > 0; left -= BATCH) {
    await postgres.query(sql`
      delete from owner.outbox where id in (
        select id from owner.outbox order by seq limit ${BATCH} for update skip locked)
      returning id, topic, key, event, traceparent, created_at`);
  }
}

async function produceAlone(bus: EventBus): Promise<void> {
  for (let left = ROWS; left > 0; left -= BATCH) {
    const batch = Array.from({ length: BATCH }, (_, n) => ({ data: { lane: `lane-${n % LANES}`, filler } }));
    await bus.publish(topic, batch);
  }
}
