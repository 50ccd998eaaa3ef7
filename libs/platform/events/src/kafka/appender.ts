import { Partitioners, type Message, type Producer } from 'kafkajs';
import type { EncodedEvent } from '../envelope/records.js';
import { EventBusError } from '../errors.js';
import { protocolErrorType, type KafkaClients } from './client.js';

/** Refused because of what the batch is: trying again would give the same answer. */
const finalTypes = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
]);

const acknowledgeMs = 5_000;

/** Appends batches with an idempotent producer, one at a time. */
export class KafkaAppender {
  private producer: Producer | undefined;

  constructor(private readonly clients: KafkaClients) {}

  /** Rejects when the batch may not be there; EventBusError `publish_refused` when it never will be. */
  async append(batch: readonly EncodedEvent[]): Promise<void> {
    try {
      const producer = this.producer ?? (await this.connect());
      await producer.sendBatch({ acks: -1, timeout: acknowledgeMs, topicMessages: byTopic(batch) });
    } catch (error) {
      // After a failure kafkajs turns its sequence numbers back, and the next batch would carry numbers that the broker
      // may have seen: it would acknowledge and drop it. A new producer has a new id.
      await this.disconnect();
      const type = protocolErrorType(error);
      if (type !== undefined && finalTypes.has(type)) {
        throw new EventBusError('publish_refused', `the event log refused a batch (${type.toLowerCase()})`);
      }
      throw error;
    }
  }

  async disconnect(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  private async connect(): Promise<Producer> {
    const producer = this.clients.create().producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 2 },
    });
    await producer.connect();
    this.producer = producer;
    return producer;
  }
}

function byTopic(batch: readonly EncodedEvent[]): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, payload, partition, headers } of batch) {
    const messages = topics.get(topic) ?? [];
    messages.push({ key, value: payload, partition, headers: { ...headers } });
    topics.set(topic, messages);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
