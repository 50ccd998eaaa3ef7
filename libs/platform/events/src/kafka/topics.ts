import kafkajs, { type Admin } from 'kafkajs';
import type { TopicState } from '../topic-faults.js';
import type { TopicSpec } from '../topic.js';
import { protocolErrorType, type KafkaClients } from './client.js';
import { replicasOn, topicFaults, topicSettingNames, topicSettings } from './topic-settings.js';

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
  const replicationFactor = replicasOn(brokers.length);
  const configEntries = Object.entries(topicSettings(topic, brokers.length)).map(([name, value]) => ({
    name,
    value,
  }));
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

/** Those of the topics that exist, with what is wrong with them. */
export async function examineKafkaTopics(
  clients: KafkaClients,
  specs: readonly TopicSpec[],
): Promise<ReadonlyMap<string, TopicState>> {
  return withAdmin(clients, async (admin) => {
    const all = new Set(await admin.listTopics());
    const present = specs.filter(({ name }) => all.has(name));
    if (present.length === 0) return new Map();
    const names = present.map(({ name }) => name);
    const { brokers } = await admin.describeCluster();
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    const settings = await settingsOf(admin, names);
    const states = present.map((spec): [string, TopicState] => {
      const partitions = topics.find(({ name }) => name === spec.name)?.partitions ?? [];
      const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
      const faults = topicFaults(spec, replicas, settings.get(spec.name) ?? new Map(), brokers.length);
      return [spec.name, { partitions: partitions.length, faults }];
    });
    return new Map(states);
  });
}

/** The settings in force of each topic. */
async function settingsOf(
  admin: Admin,
  names: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      // Not among the names that Node finds in this CommonJS module.
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: [...topicSettingNames],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

/** The first offset of each partition that is still there, and the next one that will be given. */
export async function topicRange(
  clients: KafkaClients,
  topic: string,
): Promise<{ readonly partition: number; readonly low: bigint; readonly high: bigint }[]> {
  return withAdmin(clients, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }));
  });
}

/** The next offset of each partition. */
export async function latestOffsets(clients: KafkaClients, topic: string): Promise<Map<number, bigint>> {
  const range = await topicRange(clients, topic);
  return new Map(range.map(({ partition, high }) => [partition, high]));
}
