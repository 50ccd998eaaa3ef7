import { createHash } from 'node:crypto';
import type { Coordination } from '../port.js';

type Part = 'presence' | 'mailbox' | 'signals' | 'rates';

/** A method of the port, such as `presence.get`. */
export type CoordinationCall = {
  [P in Part]: `${P}.${keyof Coordination[P] & string}`;
}[Part];

type KeyKind = 'lease' | 'life' | 'presence' | 'entry' | 'epoch' | 'mailbox' | 'rate';

/** What a call needs of the server. The keys of a script count as read and written: the server cannot look into it. */
interface Right {
  readonly commands: readonly string[];
  readonly reads?: readonly KeyKind[];
  readonly writes?: readonly KeyKind[];
  readonly both?: readonly KeyKind[];
  readonly channels?: true;
}

const script = ['eval', 'evalsha'];
const session: readonly KeyKind[] = ['entry', 'mailbox'];
const life = [...script, 'time', 'hmget', 'hset'];

const rights: Readonly<Record<CoordinationCall, Right>> = {
  'presence.renew': { commands: [...life, 'set'], writes: ['lease'], both: ['life'] },
  'presence.life': { commands: life, both: ['life'] },
  'presence.restore': {
    commands: [...script, 'time', 'zscore', 'zcard', 'zadd', 'hget', 'get', 'set', 'del', 'hset', 'pexpire'],
    both: ['presence', 'epoch', ...session],
  },
  'presence.put': {
    commands: [...script, 'time', 'zscore', 'zcard', 'zadd', 'get', 'set', 'del', 'hset', 'pexpire'],
    both: ['presence', 'epoch', ...session],
  },
  'presence.remove': {
    commands: [...script, 'hmget', 'del', 'time', 'zscore', 'zrem'],
    both: ['presence', ...session],
  },
  'presence.get': { commands: ['hgetall', 'exists'], reads: ['entry', 'lease'] },
  'presence.list': {
    commands: [...script, 'zrange', 'hgetall', 'exists', 'time', 'zscore', 'zrem'],
    reads: ['entry', 'lease'],
    both: ['presence'],
  },
  'mailbox.append': { commands: [...script, 'hmget', 'zcard', 'zadd', 'hset', 'pexpire'], both: session },
  'mailbox.read': { commands: [...script, 'hget', 'pexpire', 'zrangebyscore'], both: session },
  'mailbox.remove': { commands: [...script, 'hmget', 'zrangebyscore', 'zrem', 'hset'], both: session },
  'mailbox.destroy': { commands: [...script, 'hget', 'del', 'hset'], both: session },
  'signals.publish': { commands: ['publish'], channels: true },
  'signals.subscribe': { commands: ['subscribe', 'unsubscribe'], channels: true },
  'rates.take': { commands: [...script, 'time', 'hmget', 'hset', 'pexpire'], both: ['rate'] },
};

/** What the client itself sends when it connects and when it is asked whether it is there. */
const connecting = ['client|setinfo', 'client|setname', 'info', 'ping', 'select'];

/** What the client sends besides in a cluster: who holds which slot, and the way to one that is being moved. */
export const redisClusterRights = ['+asking', '+cluster|info', '+cluster|slots'] as const;

/**
 * The rights of one user, as the words of `ACL SETUSER` and of an ACL file; without its password.
 * @param owner as of `openCoordination`
 */
export function redisRights(
  calls: readonly CoordinationCall[],
  owner: string,
  prefix = 'causeway',
): readonly string[] {
  const needed = calls.map((call) => rights[call]);
  const unique = (words: readonly string[]) => [...new Set(words)].sort();
  const keys = (kinds: readonly KeyKind[]) =>
    kinds.map((kind) => `~${prefix}:${kind === 'rate' ? `rate:${owner}` : kind}:*`);
  const all = (pick: (right: Right) => readonly KeyKind[] | undefined) =>
    unique(keys(needed.flatMap((right) => pick(right) ?? [])));
  const both = all((right) => right.both);
  const reads = all((right) => right.reads).filter((pattern) => !both.includes(pattern));
  const writes = all((right) => right.writes).filter((pattern) => !both.includes(pattern));
  return [
    ...both,
    ...reads.map((pattern) => `%R${pattern}`),
    ...writes.map((pattern) => `%W${pattern}`),
    ...(needed.some(({ channels }) => channels) ? [`&${prefix}:signal:*`] : []),
    '-@all',
    ...unique([...connecting, ...needed.flatMap(({ commands }) => commands)]).map((name) => `+${name}`),
  ];
}

/** A user and what it may do. */
export interface RedisUser {
  readonly name: string;
  readonly rights: readonly string[];
}

/** The form in which the server keeps a password, so that no log of the command shows it. */
export function redisPasswordHash(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

/**
 * A user as a line of an ACL file.
 * @param hash of the password, see `redisPasswordHash`
 */
export function redisAclLine({ name, rights: words }: RedisUser, hash: string): string {
  return ['user', name, ...userWords(words, hash)].join(' ');
}

/** Everything that `ACL SETUSER` is told after the name: first what was before goes. */
export function userWords(words: readonly string[], hash: string): readonly string[] {
  return ['reset', 'on', 'resetchannels', `#${hash}`, ...words];
}
