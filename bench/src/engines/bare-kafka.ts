import { connect } from 'node:net';
import kafkajs, { type Kafka, type Message } from 'kafkajs';

const PARTITIONS = 8;
const ACKNOWLEDGE_MS = 5_000;

/** What kafkajs is given by hand: a value with its key, and no header. */
interface Keyed {
  readonly lane: string;
}

/**
 * kafkajs as somebody would use it by hand who knows its traps: no delay on the socket. What the bus replaces in kafkajs
 * is in force for the bus's own events alone, so that this one writes and reads records as it always does.
 */
export function bareKafka(brokers: string): Kafka {
  return new kafkajs.Kafka({
    clientId: 'bare',
    brokers: brokers.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    socketFactory: ({ host, port, onConnect }) => connect({ host, port, noDelay: true }, onConnect),
  });
}

/** One idempotent producer, and a topic of eight partitions for it. */
export async function openBareProducer(kafka: Kafka, topic: string) {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return {
    /** Sends one batch; resolves when it is acknowledged. */
    async send(events: readonly Keyed[]): Promise<void> {
      const messages = events.map((event): Message => ({ key: event.lane, value: JSON.stringify(event) }));
      await producer.send({ topic, acks: -1, timeout: ACKNOWLEDGE_MS, messages });
    },
    close: (): Promise<void> => producer.disconnect(),
  };
}
