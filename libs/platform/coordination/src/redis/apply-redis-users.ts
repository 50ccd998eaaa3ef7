import { Cluster, type Redis } from 'ioredis';
import type { Logger } from '@causeway/telemetry';
import { CoordinationError } from '../coordination.errors.js';
import { redisClusterRights, redisPasswordHash, userWords, type RedisUser } from './redis-acl.js';
import { isClusterAddress, type RedisClient, type RedisTls } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';

/** What was brought about at the server. */
export interface RedisUsersReport {
  readonly users: readonly string[];
  /** False when the server has no ACL file: it forgets the users when it restarts. */
  readonly kept: boolean;
  /** True when the server lets in whoever gives no name, with more rights than to ask whether it is there. */
  readonly open: boolean;
}

/**
 * Makes the users of a deployment, or brings them to exactly these rights; may be repeated. In a cluster each node has
 * users of its own: all that are there now get them, and one that comes later must be given them too.
 * @param url of a user that may use `ACL`
 * @throws CoordinationError `coordination_unreachable`, `coordination_refused` when the user may not do it
 */
export async function applyRedisUsers(
  url: string,
  users: readonly (RedisUser & { readonly password: string })[],
  logger: Logger,
  tls?: RedisTls,
): Promise<RedisUsersReport> {
  const connection = new RedisConnection({ url, role: 'commands', logger, tls });
  const more = isClusterAddress(url) ? redisClusterRights : [];
  const acl = async (...words: readonly string[]): Promise<unknown[]> =>
    connection.run((redis) => Promise.all(nodesOf(redis).map((node) => node.call('ACL', ...words))));
  try {
    for (const { name, rights, password } of users) {
      await demand(acl('SETUSER', name, ...userWords([...rights, ...more], redisPasswordHash(password))));
    }
    const defaults = await demand(acl('GETUSER', 'default'));
    const kept = await acl('SAVE').then(() => true, ifAnswered(false));
    return { users: users.map(({ name }) => name), kept, open: defaults.some(letsAnybodyIn) };
  } finally {
    await connection.close();
  }
}

const nodesOf = (redis: RedisClient): readonly Redis[] =>
  redis instanceof Cluster ? redis.nodes('all') : [redis];

/** The server's own message repeats what it was told, so it is not passed on. */
function demand<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((err: unknown) => {
    throw answered(err) ? new CoordinationError('coordination_refused') : err;
  });
}

/** @returns what to do with a failure: an answer of the server gives `value` */
function ifAnswered<T>(value: T): (err: unknown) => T {
  return (err) => {
    if (answered(err)) return value;
    throw err;
  };
}

/** True for an answer of the server, as opposed to no answer. */
function answered(err: unknown): boolean {
  const cause: unknown = err instanceof Error ? err.cause : undefined;
  return cause instanceof Error && cause.name === 'ReplyError';
}

/** @param answer of `ACL GETUSER`: names and values in turn */
function letsAnybodyIn(answer: unknown): boolean {
  const words = Array.isArray(answer) ? answer : [];
  const value = (name: string): unknown => words[words.indexOf(name) + 1];
  const flags = value('flags');
  const isOpen = Array.isArray(flags) && flags.includes('on') && flags.includes('nopass');
  return isOpen && value('commands') !== '-@all +ping';
}
