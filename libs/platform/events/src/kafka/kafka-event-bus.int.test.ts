import { ConfigResourceTypes, Kafka, logLevel, Partitioners } from 'kafkajs';
import { inject } from 'vitest';
import { Postgres } from '@causeway/postgres';
import { createLogger } from '@causeway/telemetry';
import { createTestDatabase, describeWithEngine } from '@causeway/testing';
import { eventBusConformance, type StoredRecord } from '../conformance/index.js';
import { createParkedEvents } from '../conformance/parked-events-table.js';
import { DeadLetters, openEventBus } from '../index.js';
import { installKafkajsGuards } from './kafkajs-guards.js';
import { rawEvent } from './raw-event.js';

/** Reads a topic to its end with a consumer of its own. */
async function readAll(kafka: Kafka, topic: string): Promise<StoredRecord[]> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
  const wanted = offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  if (wanted === 0) return [];
  const found: (StoredRecord & { partition: number })[] = [];
  const consumer = kafka.consumer({ groupId: `read-${Math.random()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ partition, message }) => {
        const { key, headers, payload } = rawEvent(partition, message);
        found.push({ key: key ?? '', headers, payload: payload ?? null, partition });
        if (found.length === wanted) resolve();
      },
    });
  });
  await consumer.disconnect();
  return found
    .sort((one, two) => one.partition - two.partition)
    .map(({ key, headers, payload }) => ({ key, headers, payload }));
}

/** What a broker takes by default. */
const brokerLimit = 1_000_000;

/** A topic whose operator takes more than we do. */
async function allowLarge(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: '20000000' }];
  await admin
    .alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    })
    .finally(() => admin.disconnect());
}

describeWithEngine('kafka', 'kafka adapter', (brokers) => {
  // The clients of the test spin as the adapter's would.
  installKafkajsGuards();
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  eventBusConformance(
    'Kafka',
    async () => {
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      const database = await createTestDatabase(inject('engines'));
      const postgres = Postgres.connect(database.url, {
        poolSize: 10,
        applicationName: 'events-test',
        statementTimeoutMs: 5_000,
      });
      await createParkedEvents(postgres);
      const logger = createLogger({ service: 'events-test', level: 'silent' });
      return {
        postgres,
        deadLetters: (topics) =>
          DeadLetters.open(`kafka://${brokers}`, topics, {
            clientId: 'operator',
            postgres,
            logger,
            partitions: 4,
          }),
        open: (options) => openEventBus(`kafka://${brokers}`, options),
        records: (topic) => readAll(kafka, topic),
        async inject(topic, { key, headers, payload }) {
          if ((payload?.length ?? 0) > brokerLimit) await allowLarge(kafka, topic);
          await producer.send({ topic, messages: [{ key, headers, value: payload, partition: 0 }] });
        },
        async close() {
          await producer.disconnect();
          await postgres.close();
          await database.drop();
        },
      };
    },
    { deadlineMs: 25_000 },
  );
});
