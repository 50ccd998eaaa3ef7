import type { Logger } from '@causeway/telemetry';
import { CoordinationError } from '../coordination.errors.js';
import { redisPasswordHash, userWords, type RedisUser } from './redis-acl.js';
import { RedisConnection } from './redis-connection.js';

/** What was brought about at the server. */
export interface RedisUsersReport {
  readonly users: readonly string[];
  /** False when the server has no ACL file: it forgets the users when it restarts. */
  readonly kept: boolean;
}

/**
 * Makes the users of a deployment, or brings them to exactly these rights; may be repeated.
 * @param url of a user that may use `ACL`
 * @param ca authorities of the server's certificate, PEM
 * @throws CoordinationError `coordination_unreachable`, `coordination_refused` when the user may not do it
 */
export async function applyRedisUsers(
  url: string,
  users: readonly (RedisUser & { readonly password: string })[],
  logger: Logger,
  ca?: string,
): Promise<RedisUsersReport> {
  const connection = new RedisConnection({ url, role: 'commands', logger, ...(ca !== undefined && { ca }) });
  try {
    for (const { name, rights, password } of users) {
      await setUser(connection, name, userWords(rights, redisPasswordHash(password)));
    }
    return { users: users.map(({ name }) => name), kept: await save(connection) };
  } finally {
    await connection.close();
  }
}

async function setUser(connection: RedisConnection, name: string, words: readonly string[]): Promise<void> {
  try {
    await connection.run((redis) => redis.call('ACL', 'SETUSER', name, ...words));
  } catch (err) {
    // The server's own message repeats what it was told.
    if (answered(err)) throw new CoordinationError('coordination_refused');
    throw err;
  }
}

async function save(connection: RedisConnection): Promise<boolean> {
  try {
    await connection.run((redis) => redis.call('ACL', 'SAVE'));
    return true;
  } catch (err) {
    if (answered(err)) return false;
    throw err;
  }
}

/** True for an answer of the server, as opposed to no answer. */
function answered(err: unknown): boolean {
  const cause: unknown = err instanceof Error ? err.cause : undefined;
  return cause instanceof Error && cause.name === 'ReplyError';
}
