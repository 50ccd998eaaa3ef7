import { redisClusterRights } from '@causeway/coordination';
import type { DatabaseGrant } from '@causeway/store/migrate';
import { grantTable, principalOf, type ServiceGrants } from './grant-table.js';
import { redisUsersFile } from './redis-users.js';

/**
 * The grants as an operator hands them to each engine's own tools, where `causeway migrate` has no administrator's
 * rights: SQL, arguments of `kafka-acls`, and an ACL file of Redis.
 * @param pattern of principals at Kafka
 */
export function printGrants(pattern: string): string[] {
  return [
    '-- PostgreSQL',
    ...grantTable.flatMap(({ user, database }) => database.flatMap((grant) => sqlOf(user, grant))),
    '',
    '# Kafka: arguments of kafka-acls --add, after --bootstrap-server and --command-config',
    ...grantTable.flatMap((grants) => kafkaArguments(grants, pattern)),
    '',
    '# Redis: lines of an ACL file; in place of <sha256> the SHA-256 of the user’s password in hexadecimal',
    ...redisUsersFile(() => '<sha256>'),
    `# in a cluster on every node, and each of the six also: ${redisClusterRights.join(' ')}`,
  ];
}

function sqlOf(role: string, { schema, relation, rights }: DatabaseGrant): string[] {
  const list = rights.join(', ');
  const usage = `GRANT USAGE ON SCHEMA ${schema} TO ${role};`;
  if (relation === '*') {
    return [
      usage,
      `GRANT ${list} ON ALL TABLES IN SCHEMA ${schema} TO ${role};`,
      `GRANT usage ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role};`,
    ];
  }
  return [
    usage,
    `REVOKE ALL ON ${schema}.${relation} FROM ${role};`,
    `GRANT ${list} ON ${schema}.${relation} TO ${role};`,
  ];
}

function kafkaArguments({ service, kafka }: ServiceGrants, pattern: string): string[] {
  const principal = principalOf(pattern, service);
  return kafka.map(({ resource, name, operations }) => {
    const flags = operations.map((operation) => `--operation ${camel(operation)}`).join(' ');
    const what = resource === 'cluster' ? '--cluster' : `--${resource} ${name}`;
    return `--allow-principal '${principal}' ${flags} ${what}`;
  });
}

/** As Kafka's tools write it: `idempotent_write` is `IdempotentWrite`. */
function camel(operation: string): string {
  return operation.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
