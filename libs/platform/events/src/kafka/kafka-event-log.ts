import type { Logger } from '@causeway/telemetry';
import type { Subscription } from '../bus.js';
import type { EncodedEvent } from '../envelope/records.js';
import type { EventLog, JoinRequest } from '../event-log.js';
import type { TopicState } from '../topic-faults.js';
import type { TopicSpec } from '../topic.js';
import { KafkaAppender } from './appender.js';
import { kafkaClients, type KafkaClients } from './client.js';
import { KafkaMember } from './kafka-member.js';
import { ensureKafkaTopic, examineKafkaTopics } from './topics.js';

/** The log in Kafka. */
export class KafkaEventLog implements EventLog {
  private readonly clients: KafkaClients;
  private readonly appender: KafkaAppender;

  constructor(
    brokers: readonly string[],
    private readonly options: {
      readonly clientId: string;
      readonly partitions: number;
      readonly logger: Logger;
    },
  ) {
    this.clients = kafkaClients(brokers, options.clientId, options.logger);
    this.appender = new KafkaAppender(this.clients);
  }

  ensureTopic(topic: TopicSpec): Promise<number> {
    return ensureKafkaTopic(this.clients, topic, this.options.partitions);
  }

  examine(topics: readonly TopicSpec[]): Promise<ReadonlyMap<string, TopicState>> {
    return examineKafkaTopics(this.clients, topics);
  }

  append(batch: readonly EncodedEvent[]): Promise<void> {
    return this.appender.append(batch);
  }

  async join<T>(request: JoinRequest<T>): Promise<Subscription> {
    const member = new KafkaMember(this.clients, request, this.options.logger);
    await member.join();
    return member;
  }

  async close(): Promise<void> {
    await this.appender.disconnect();
  }
}
