import { Partitioners, type Producer, type RecordMetadata } from 'kafkajs';
import type { EncodedEvent } from '../envelope/records.js';
import { EventBusError } from '../errors.js';
import { protocolErrorType, type KafkaClients } from './client.js';
import { EventMessage } from './wire/produce-request.js';

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
      const topicMessages = byTopic(batch);
      requireAll(batch, await producer.sendBatch({ acks: -1, timeout: acknowledgeMs, topicMessages }));
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
      // The fewest that kafkajs allows to an idempotent producer; see `requireAll` for what its retries can do.
      retry: { retries: 1 },
    });
    await producer.connect();
    this.producer = producer;
    return producer;
  }
}

/**
 * Throws unless a broker has acknowledged every partition of the batch. When kafkajs tries again it keeps the answers of
 * the failed attempt by broker: a partition whose leader has meanwhile moved to a broker that had answered is left out,
 * and the batch is reported as sent.
 */
function requireAll(batch: readonly EncodedEvent[], answers: readonly RecordMetadata[]): void {
  const acknowledged = new Set(answers.map(({ topicName, partition }) => `${topicName} ${partition}`));
  if (batch.every(({ topic, partition }) => acknowledged.has(`${topic} ${partition}`))) return;
  throw new Error('not every partition of a batch was acknowledged');
}

function byTopic(batch: readonly EncodedEvent[]): { topic: string; messages: EventMessage[] }[] {
  const topics = new Map<string, EventMessage[]>();
  for (const event of batch) {
    const messages = topics.get(event.topic) ?? [];
    messages.push(new EventMessage(event));
    topics.set(event.topic, messages);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
