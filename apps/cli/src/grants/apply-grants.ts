import { applyRedisUsers, type RedisUsersReport } from '@causeway/coordination';
import type { KafkaAclReport } from '@causeway/events';
import type { Logger } from '@causeway/telemetry';
import type { MigrationSettings } from '../stack/migration-settings.js';
import { grantTable } from './grant-table.js';

/** As whom the rights are given; what is left out is left alone. */
export type GrantSettings = Partial<
  Pick<MigrationSettings, 'ADMIN_COORDINATION_URL' | 'COORDINATION_PASSWORDS'>
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
export async function applyGrants(settings: GrantSettings, logger: Logger): Promise<GrantReport> {
  const { ADMIN_COORDINATION_URL: url, COORDINATION_PASSWORDS: passwords } = settings;
  if (url === undefined || passwords === undefined) return {};
  const users = grantTable.map(({ service, user, redis }) => ({
    name: user,
    rights: redis,
    password: passwords[service],
  }));
  return { redisUsers: await applyRedisUsers(url, users, logger) };
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
  ];
}
