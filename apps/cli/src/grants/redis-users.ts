import { redisAclLine } from '@causeway/coordination';
import type { ServiceName } from '@causeway/runtime';
import { roleOf } from '@causeway/store/migrate';
import { grantTable } from './grant-table.js';

/**
 * An ACL file of Redis with the six users, and without rights for whoever gives no name, but to ask whether it is there.
 * @param hashOf the SHA-256 of a service's password in hexadecimal
 */
export function redisUsersFile(hashOf: (service: ServiceName) => string): string[] {
  return [
    'user default on nopass resetchannels -@all +ping',
    ...grantTable.map(({ service, user, redis }) =>
      redisAclLine({ name: user, rights: redis }, hashOf(service)),
    ),
  ];
}

/** @returns the address of Redis for a service, as its own user. */
export function redisUrlAs(url: string, service: ServiceName, password: string): string {
  const own = new URL(url);
  own.username = roleOf(service);
  own.password = password;
  return own.href;
}
