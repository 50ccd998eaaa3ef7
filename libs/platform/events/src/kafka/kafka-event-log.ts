import type { EncodedEvent, RawEvent } from '../envelope/records.js';
import type { EventLog, JoinRequest, Member } from '../event-log.js';
import type { TopicState } from '../topic-faults.js';
import type { TopicSpec } from '../topic.js';
import { KafkaAppender } from './appender.js';
import { kafkaClients, type KafkaClients, type KafkaCluster } from './client.js';
import { KafkaMember } from './kafka-member.js';
import { readKafkaTopic } from './read-topic.js';
import { ensureKafkaTopic, examineKafkaTopics } from './topics.js';

/** The log in Kafka. */
export class KafkaEventLog implements EventLog {
  private readonly clients: KafkaClients;
  private readonly appender: KafkaAppender;

  /** @param options partitions of topics that do not exist yet */
  constructor(
    private readonly cluster: KafkaCluster,
    private readonly options: {
      readonly partitions: number;
      readonly sessionTimeoutMs: number;
      readonly release?: string | undefined;
    },
  ) {
    this.clients = kafkaClients(cluster);
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

  readAll(topic: string, limit: number): Promise<RawEvent[]> {
    return readKafkaTopic(this.clients, topic, limit);
  }

  async join<T>(request: JoinRequest<T>): Promise<Member> {
    const member = new KafkaMember(
      this.clients,
      request,
      this.options.sessionTimeoutMs,
      this.cluster.logger,
      this.options.release ?? '',
    );
    await member.join();
    return member;
  }

  async close(): Promise<void> {
    await this.appender.disconnect();
  }
}
