import { eventLogCredentials } from '@causeway/config';
import { applyRedisUsers, type RedisUsersReport } from '@causeway/coordination';
import { applyEventLogAcls, type KafkaAclReport } from '@causeway/events';
import type { Logger } from '@causeway/telemetry';
import type { MigrationSettings } from '../stack/migration-settings.js';
import { grantTable, principalOf } from './grant-table.js';

type RedisSettings = Pick<MigrationSettings, 'ADMIN_COORDINATION_URL' | 'COORDINATION_PASSWORDS'> &
  Partial<
    Pick<MigrationSettings, 'COORDINATION_CA' | 'COORDINATION_CERTIFICATE' | 'COORDINATION_CERTIFICATE_KEY'>
  >;

/** What was brought about at the engines other than the database; nothing where no administrator's rights were given. */
export interface GrantReport {
  readonly kafkaAcls?: KafkaAclReport;
  readonly redisUsers?: RedisUsersReport;
}

/**
 * Gives each service its rights at Kafka and Redis, as far as the settings let us.
 * @throws {EventBusError} `acls_refused`
 * @throws {CoordinationError} `coordination_refused`, `coordination_unreachable`
 */
export async function applyGrants(settings: MigrationSettings, logger: Logger): Promise<GrantReport> {
  return { ...(await giveAtKafka(settings, logger)), ...(await giveAtRedis(settings, logger)) };
}

/** Brings the access lists of the broker to the table, when the settings name principals. */
async function giveAtKafka(settings: MigrationSettings, logger: Logger): Promise<GrantReport> {
  const { EVENTS_URL: url, EVENTS_ACL_PRINCIPAL: pattern } = settings;
  if (pattern === undefined) return {};
  const principals = grantTable.map(({ service, kafka }) => ({
    principal: principalOf(pattern, service),
    grants: kafka,
  }));
  const credentials = eventLogCredentials(settings);
  return {
    kafkaAcls: await applyEventLogAcls(url, principals, {
      clientId: 'causeway-migrate',
      credentials,
      logger,
    }),
  };
}

/** Makes the users of the services, when the settings name an administrator. */
export async function giveAtRedis(settings: RedisSettings, logger: Logger): Promise<GrantReport> {
  const { ADMIN_COORDINATION_URL: url, COORDINATION_PASSWORDS: passwords } = settings;
  if (url === undefined || passwords === undefined) return {};
  const users = grantTable.map(({ service, user, redis }) => ({
    name: user,
    rights: redis,
    password: passwords[service],
  }));
  const { COORDINATION_CA: ca, COORDINATION_CERTIFICATE: certificate } = settings;
  const tls = { ca, certificate, key: settings.COORDINATION_CERTIFICATE_KEY };
  return { redisUsers: await applyRedisUsers(url, users, logger, tls) };
}

/** @returns lines for the operator */
export function describeGrants({ kafkaAcls, redisUsers }: GrantReport): string[] {
  return [
    kafkaAcls === undefined
      ? 'Kafka access lists: not asked for (CAUSEWAY_EVENTS_ACL_PRINCIPAL); see --print-grants'
      : `Kafka access lists: ${kafkaAcls.created} entries added, ${kafkaAcls.deleted} taken away`,
    redisUsers === undefined
      ? 'Redis users: not asked for (CAUSEWAY_ADMIN_COORDINATION_URL); see --print-grants'
      : `Redis users and their rights: ${redisUsers.users.join(', ')}`,
    ...(redisUsers?.kept === false
      ? ['Redis has no ACL file and forgets its users when it restarts: give it one (aclfile)']
      : []),
    ...(redisUsers?.open === true
      ? ['Redis lets in whoever gives no name, past all of this: take the rights of its user `default`']
      : []),
  ];
}
