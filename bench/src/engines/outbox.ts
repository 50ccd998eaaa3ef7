import { setTimeout as delay } from 'node:timers/promises';
import { openEventBus, type EventBus } from '@causeway/events';
import { systemClock } from '@causeway/lifecycle';
import { OutboxDrainer } from '@causeway/outbox';
import { sql, type Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { startEngines } from '@causeway/testing/engines';
import type { Engines } from '@causeway/testing';
import type { Benchmark, BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { bareKafka, openBareProducer } from './bare-kafka.js';
import { filler, openQueues, queueTopic } from './queue-tables.js';
import { compareRates, rateOf, timeOf } from './rates.js';

const ROWS = 20_000;
const BATCH = 500;
const LANES = 64;
const PARTITIONS = 8;
const GOAL = 0.6;

const topic = queueTopic();
const bareTopic = queueTopic();
const logger = createLogger({ service: 'bench', level: 'silent' });

/** Draining through the acknowledgement of Kafka, against each of its two halves alone and by hand. */
export const outboxBenchmark: Benchmark = {
  name: 'outbox',
  async run(options) {
    const running = await startEngines(new Set(['postgres', 'kafka'] as const));
    try {
      const { kafkaBrokers, ranOn } = running.engines;
      if (kafkaBrokers !== undefined) return await measure(running.engines, kafkaBrokers, options);
      options.log(`outbox: left out, kafka ${ranOn.kafka}`);
      return [];
    } finally {
      await running.stop();
    }
  },
};

async function measure(engines: Engines, brokers: string, options: BenchmarkOptions): Promise<Measure[]> {
  const queues = await openQueues(engines);
  const metrics = createMetrics('bench');
  const bus = openEventBus(`kafka://${brokers}`, {
    clientId: 'bench',
    partitions: PARTITIONS,
    logger,
    metrics,
  });
  const producer = await openBareProducer(bareKafka(brokers), bareTopic.name);
  try {
    const variants = {
      drainer: () => drain(queues.postgres, bus),
      'bare delete': () => deleteAlone(queues.postgres),
      'bare produce': () => produceAlone(producer),
    };
    const names = Object.keys(variants) as (keyof typeof variants)[];
    const rounds = await interleave(names, options, async (name, round) => {
      options.log(`outbox: round ${round + 1}, ${name}`);
      await fill(queues.postgres);
      return rateOf(ROWS, variants[name]);
    });
    const of = (name: keyof typeof variants) => rounds.get(name) ?? [];
    const slower = timeOf(of('bare delete')) > timeOf(of('bare produce')) ? 'bare delete' : 'bare produce';
    // The goal is a share of the slower half: nothing that does both can be faster than that.
    return (['bare delete', 'bare produce'] as const).map((half) =>
      compareRates(
        `1,000 rows, against ${half}`,
        of('drainer'),
        of(half),
        half === slower ? GOAL : undefined,
      ),
    );
  } finally {
    await Promise.all([bus.close(), producer.close()]);
    await queues.close();
  }
}

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

async function produceAlone(producer: Awaited<ReturnType<typeof openBareProducer>>): Promise<void> {
  for (let left = ROWS; left > 0; left -= BATCH) {
    await producer.send(Array.from({ length: BATCH }, (_, n) => ({ lane: `lane-${n % LANES}`, filler })));
  }
}
