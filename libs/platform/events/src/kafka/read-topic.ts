import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import type { RawEvent } from '../envelope/records.js';
import type { KafkaClients } from './client.js';
import { rawEvent } from './raw-event.js';
import { topicRange } from './topics.js';

const deadlineMs = 30_000;

/**
 * What lies in a topic now, at most `limit` events, by a consumer of its own that commits nothing.
 * @throws when the broker does not give it in time
 */
export async function readKafkaTopic(
  clients: KafkaClients,
  topic: string,
  limit: number,
): Promise<RawEvent[]> {
  const range = await topicRange(clients, topic);
  const open = new Map(
    range.filter(({ low, high }) => low < high).map((part) => [part.partition, part.high]),
  );
  if (open.size === 0) return [];
  const consumer = clients.create().consumer({
    groupId: `read.${randomUUID()}`,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 4, restartOnFailure: async () => false },
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    return await collect(consumer, open, limit);
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}

/** @param open the offset after the last event of each partition that is not read yet */
async function collect(consumer: Consumer, open: Map<number, bigint>, limit: number): Promise<RawEvent[]> {
  const found: RawEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the topic was not read in time')), deadlineMs);
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachMessage: Parameters<Consumer['run']>[0] = {
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const end = open.get(partition);
        if (end === undefined) return;
        const raw = rawEvent(partition, message);
        if (raw.offset < end && found.length < limit) found.push(raw);
        if (raw.offset + 1n >= end) open.delete(partition);
        if (open.size === 0 || found.length >= limit) resolve();
      },
    };
    consumer.run(eachMessage).catch(reject);
  }).finally(() => clearTimeout(timer));
  return found;
}
