import kafkajs, { type AclEntry, type Admin } from 'kafkajs';
import { EventBusError } from '../errors.js';
import { deadLetterTopic, type TopicName } from '../topic.js';
import { protocolErrorType, type KafkaClients } from './client.js';

// Node does not see these names among what the package exports.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** What a principal may do with one resource of the broker. */
export interface KafkaGrant {
  readonly resource: 'topic' | 'group' | 'cluster';
  readonly name: string;
  readonly operations: readonly KafkaOperation[];
}

type KafkaOperation = 'describe' | 'read' | 'write' | 'idempotent_write';

/** What a service does with topics. */
export interface TopicUse {
  /** Name of its consumer group. */
  readonly group: string;
  readonly produces: readonly TopicName[];
  readonly consumes: readonly TopicName[];
}

/** The name that Kafka gives to the cluster as a resource. */
const cluster = 'kafka-cluster';

/**
 * Exactly what a service needs of the broker: to write what it produces, to read what it consumes, in its own groups,
 * and to put aside in the topic of dead letters what it cannot handle, which it need not read.
 */
export function kafkaGrants({ group, produces, consumes }: TopicUse): readonly KafkaGrant[] {
  const topics = new Map<string, Set<KafkaOperation>>();
  const allow = ({ name }: TopicName, operation: KafkaOperation) =>
    topics.set(name, new Set(['describe', ...(topics.get(name) ?? []), operation]));
  for (const topic of produces) allow(topic, 'write');
  for (const topic of consumes) {
    allow(topic, 'read');
    allow(deadLetterTopic(topic), 'write');
  }
  const writes = [...topics.values()].some((operations) => operations.has('write'));
  return [
    ...[...topics].map(([name, operations]): KafkaGrant => ({
      resource: 'topic',
      name,
      operations: [...operations],
    })),
    ...consumes.map(({ name }): KafkaGrant => ({
      resource: 'group',
      name: `${group}.${name}`,
      operations: ['read'],
    })),
    ...(writes
      ? [{ resource: 'cluster', name: cluster, operations: ['idempotent_write'] } satisfies KafkaGrant]
      : []),
  ];
}

/** A principal, such as `User:causeway_keys`, and everything that it may do. */
export interface KafkaPrincipal {
  readonly principal: string;
  readonly grants: readonly KafkaGrant[];
}

/** How many entries were added and taken away. */
export interface KafkaAclReport {
  readonly created: number;
  readonly deleted: number;
}

const operationTypes = {
  describe: AclOperationTypes.DESCRIBE,
  read: AclOperationTypes.READ,
  write: AclOperationTypes.WRITE,
  idempotent_write: AclOperationTypes.IDEMPOTENT_WRITE,
} as const;
const resourceTypes = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  cluster: AclResourceTypes.CLUSTER,
} as const;

function entriesOf({ principal, grants }: KafkaPrincipal): AclEntry[] {
  return grants.flatMap(({ resource, name, operations }) =>
    operations.map((operation) => ({
      resourceType: resourceTypes[resource],
      resourceName: name,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal,
      host: '*',
      operation: operationTypes[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
}

/** Everything that the broker holds about a principal. */
async function existing(admin: Admin, principal: string): Promise<AclEntry[]> {
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    principal,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  return resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
    acls.map((acl) => ({ resourceType, resourceName, resourcePatternType, ...acl })),
  );
}

const identity = (entry: AclEntry): string =>
  JSON.stringify([
    entry.resourceType,
    entry.resourceName,
    entry.resourcePatternType,
    entry.host,
    entry.operation,
    entry.permissionType,
  ]);

/** Brings a principal's entries to the table. What is new comes first: a running service loses nothing that it needs. */
async function bring(admin: Admin, wanted: KafkaPrincipal): Promise<KafkaAclReport> {
  const there = await existing(admin, wanted.principal);
  const known = new Set(there.map(identity));
  const entries = entriesOf(wanted);
  const missing = entries.filter((entry) => !known.has(identity(entry)));
  if (missing.length > 0) await admin.createAcls({ acl: missing });
  const right = new Set(entries.map(identity));
  const surplus = there.filter((entry) => !right.has(identity(entry)));
  if (surplus.length > 0) await admin.deleteAcls({ filters: surplus });
  return { created: missing.length, deleted: surplus.length };
}

/**
 * Brings what the broker allows each principal to exactly the table; entries of other principals stay as they are.
 * @param clients of a principal that may alter the cluster
 * @throws EventBusError `acls_refused` when the broker has no authorizer, or the principal may not do it;
 *   `topic_unavailable` when it does not answer
 */
export async function applyKafkaAcls(
  clients: KafkaClients,
  principals: readonly KafkaPrincipal[],
): Promise<KafkaAclReport> {
  const total = { created: 0, deleted: 0 };
  const admin = clients.create().admin();
  try {
    await admin.connect();
    for (const principal of principals) {
      const { created, deleted } = await bring(admin, principal);
      total.created += created;
      total.deleted += deleted;
    }
    return total;
  } catch (err) {
    const type = protocolErrorType(err);
    if (type === undefined) throw new EventBusError('topic_unavailable', 'the event log did not answer');
    throw new EventBusError(
      'acls_refused',
      `the broker did not take the access lists (${type.toLowerCase()})`,
    );
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
