import { connect } from 'node:net';
import { openEventBus } from '@causeway/events';
import type { Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import kafkajs, { type Message } from 'kafkajs';
import { benchTopic, consuming, type BenchEvent } from './event.js';

/** A topic with a producer and a consumer in this process. */
export interface Pipe {
  /** Resolves when the events are durable. */
  send(events: readonly BenchEvent[]): Promise<void>;
  close(): Promise<void>;
}

type OpenPipe = (onEvent: (n: number) => void) => Promise<Pipe>;

const PARTITIONS = 8;
const ACKNOWLEDGE_MS = 5_000;

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

/** kafkajs as somebody would use it by hand who knows its traps: no delay on the socket, one idempotent producer. */
export function barePipe(brokers: string): OpenPipe {
  return async (onEvent) => {
    const { name: topic } = benchTopic();
    const kafka = new kafkajs.Kafka({
      clientId: 'bare',
      brokers: brokers.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
      socketFactory: ({ host, port, onConnect }) => connect({ host, port, noDelay: true }, onConnect),
    });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
    await admin.disconnect();
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 250 });
    await Promise.all([producer.connect(), consumer.connect()]);
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
      async send(events) {
        const messages = events.map((event): Message => ({ key: event.lane, value: JSON.stringify(event) }));
        await producer.send({ topic, acks: -1, timeout: ACKNOWLEDGE_MS, messages });
      },
      async close() {
        await Promise.all([producer.disconnect(), consumer.disconnect()]);
      },
    };
  };
}
