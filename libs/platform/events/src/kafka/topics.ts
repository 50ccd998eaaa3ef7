import type { Admin } from 'kafkajs';
import type { TopicSpec } from '../topic.js';
import { protocolErrorType, type KafkaClients } from './client.js';

const mostReplicas = 3;

async function withAdmin<R>(clients: KafkaClients, work: (admin: Admin) => Promise<R>): Promise<R> {
  const admin = clients.create().admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function countPartitions(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const count = topics[0]?.partitions.length ?? 0;
    return count > 0 ? count : undefined;
  } catch (error) {
    if (protocolErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
    throw error;
  }
}

async function create(admin: Admin, topic: TopicSpec, partitions: number): Promise<void> {
  const { brokers } = await admin.describeCluster();
  const replicationFactor = Math.min(mostReplicas, brokers.length);
  const configEntries = [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'retention.ms', value: String(topic.retentionMs) },
    { name: 'min.insync.replicas', value: String(replicationFactor === mostReplicas ? 2 : 1) },
  ];
  try {
    await admin.createTopics({
      topics: [{ topic: topic.name, numPartitions: partitions, replicationFactor, configEntries }],
    });
  } catch (error) {
    // Somebody else was quicker; kafkajs reports that in more than one way.
    if ((await countPartitions(admin, topic.name)) === undefined) throw error;
  }
}

/** The partitions of a topic; creates it when missing, and never changes one that is there. */
export async function ensureKafkaTopic(
  clients: KafkaClients,
  topic: TopicSpec,
  partitions: number,
): Promise<number> {
  return withAdmin(clients, async (admin) => {
    const existing = await countPartitions(admin, topic.name);
    if (existing !== undefined) return existing;
    await create(admin, topic, partitions);
    const created = await countPartitions(admin, topic.name);
    if (created === undefined) throw new Error('the topic is not visible yet');
    return created;
  });
}

/** The partitions of a topic, or undefined when it does not exist. */
export async function kafkaTopicPartitions(
  clients: KafkaClients,
  topic: string,
): Promise<number | undefined> {
  return withAdmin(clients, (admin) => countPartitions(admin, topic));
}

/** The next offset of each partition. */
export async function latestOffsets(clients: KafkaClients, topic: string): Promise<Map<number, bigint>> {
  return withAdmin(clients, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
  });
}
