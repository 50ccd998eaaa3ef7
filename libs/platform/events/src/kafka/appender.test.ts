import type { Kafka, ProducerConfig, RecordMetadata } from 'kafkajs';
import { expect, it } from 'vitest';
import type { EncodedEvent } from '../envelope/records.js';
import { KafkaAppender } from './appender.js';

const event = (partition: number): EncodedEvent => ({
  topic: 't',
  partition,
  key: 'k',
  headers: {},
  payload: '{}',
  bytes: 10,
});

/** An appender over a producer that acknowledges only these partitions, and how its producers were made. */
function appender(acknowledged: readonly number[]) {
  const made: ProducerConfig[] = [];
  const answers = acknowledged.map((partition): RecordMetadata => ({
    topicName: 't',
    partition,
    errorCode: 0,
  }));
  const producer = (config: ProducerConfig) => {
    made.push(config);
    return {
      connect: async () => undefined,
      disconnect: async () => undefined,
      sendBatch: async () => answers,
    };
  };
  const clients = { create: () => ({ producer }) as unknown as Kafka, clientId: 'test' };
  return { subject: new KafkaAppender(clients), made };
}

it('does not believe that a batch was sent of which a partition was not acknowledged', async () => {
  const { subject, made } = appender([0, 2]);
  await subject.append([event(0), event(2)]);
  await expect(subject.append([event(0), event(1)])).rejects.toThrow('not every partition');
  // With numbers of its own, from a new producer.
  await subject.append([event(2)]);
  expect(made).toHaveLength(2);
});
