import { openEventBus } from '@causeway/events';
import type { Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { bareKafka, openBareProducer } from './bare-kafka.js';
import { benchTopic, consuming, type BenchEvent } from './event.js';

/** A topic with a producer and a consumer in this process. */
export interface Pipe {
  /** Resolves when the events are durable. */
  send(events: readonly BenchEvent[]): Promise<void>;
  close(): Promise<void>;
}

type OpenPipe = (onEvent: (n: number) => void) => Promise<Pipe>;

const PARTITIONS = 8;

/** Our bus, over Kafka or, with a database, over Postgres. Producer and consumer have a client each, as services do. */
export function busPipe(url: string, postgres?: Postgres): OpenPipe {
  return async (onEvent) => {
    const topic = benchTopic();
    const [producer, consumer] = ['producer', 'consumer'].map((clientId) =>
      openEventBus(url, {
        clientId,
        partitions: PARTITIONS,
        logger: createLogger({ service: 'bench', level: 'silent' }),
        metrics: createMetrics('bench'),
        ...(postgres !== undefined && { postgres }),
      }),
    );
    await consumer?.subscribe(consuming(topic, onEvent));
    return {
      send: async (events) =>
        producer?.publish(
          topic,
          events.map((data) => ({ data })),
        ),
      async close() {
        await Promise.all([producer?.close(), consumer?.close()]);
      },
    };
  };
}

/** kafkajs by hand, its events read by one consumer. */
export function barePipe(brokers: string): OpenPipe {
  return async (onEvent) => {
    const { name: topic } = benchTopic();
    const kafka = bareKafka(brokers);
    const producer = await openBareProducer(kafka, topic);
    const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 250 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const joined = new Promise<void>((resolve) => void consumer.on('consumer.group_join', () => resolve()));
    await consumer.run({
      eachBatch: async ({ batch, resolveOffset }) => {
        for (const { value, offset } of batch.messages) {
          onEvent((JSON.parse(value?.toString() ?? '{}') as BenchEvent).n);
          resolveOffset(offset);
        }
      },
    });
    await joined;
    return {
      send: (events) => producer.send(events),
      async close() {
        await Promise.all([producer.close(), consumer.disconnect()]);
      },
    };
  };
}
