import { limits } from '@causeway/limits';
import { CoordinationError } from '../coordination.errors.js';
import type { IndexLife, LostEntry, Presence, PresenceEntry, RestoreOutcome } from '../port.js';
import { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-client.js';
import { toEntry, toFields } from './redis-entry.js';
import { markSessions } from './redis-index.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { readLife } from './redis-life.js';
import { restoreEntries } from './redis-restore.js';

const indexRemove = new LuaScript('presence-index-remove');
const putScript = new LuaScript('presence-put');
const removeScript = new LuaScript('presence-remove');

const page = 500;

/**
 * Presence in Redis. An entry lives under its session's tag, the partition's index under the partition's; a writer marks
 * the index first, so that the index may name too many sessions and never too few.
 */
export class RedisPresence implements Presence {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly leaseMs: number,
  ) {}

  async renew(podId: string): Promise<IndexLife> {
    return this.connection.run(async (redis) => {
      const [life] = await Promise.all([
        readLife(redis, this.keys),
        redis.set(this.keys.lease(podId), '1', 'PX', this.leaseMs),
      ]);
      return life;
    });
  }

  async life(): Promise<IndexLife> {
    return this.connection.run((redis) => readLife(redis, this.keys));
  }

  async restore(entries: readonly LostEntry[]): Promise<readonly RestoreOutcome[]> {
    return this.connection.run((redis) => restoreEntries(redis, this.keys, entries));
  }

  async put(entry: Omit<PresenceEntry, 'epoch'>): Promise<number> {
    const { sessionKey, partition } = entry;
    const { keys } = this;
    return this.connection.run(async (redis) => {
      const [mark] = await markSessions(redis, keys, partition, [sessionKey]);
      if (mark === undefined) throw new CoordinationError('presence_full');
      const fields = toFields({ ...entry, mark });
      const names = [keys.entry(sessionKey), keys.epoch(sessionKey), keys.mailbox(sessionKey)];
      return Number(String(await putScript.run(redis, names, [limits.presenceEpochIdleMs.value, ...fields])));
    });
  }

  async remove(sessionKey: string, epoch: number): Promise<boolean> {
    const { keys } = this;
    return this.connection.run(async (redis) => {
      const names = [keys.entry(sessionKey), keys.mailbox(sessionKey)];
      const removed = await removeScript.run(redis, names, [epoch]);
      if (!Array.isArray(removed)) return false;
      const [partition, mark] = removed.map(String);
      await indexRemove.run(redis, [keys.index(Number(partition))], [0, sessionKey, mark ?? '']);
      return true;
    });
  }

  async get(sessionKey: string): Promise<PresenceEntry | undefined> {
    return this.connection.run(async (redis) => {
      const entry = toEntry(await redis.hgetall(this.keys.entry(sessionKey)));
      if (!entry) return undefined;
      return (await redis.exists(this.keys.lease(entry.podId))) === 1 ? entry : undefined;
    });
  }

  async list(partition: number): Promise<readonly PresenceEntry[]> {
    return this.connection.run(async (redis) => {
      const members = await redis.zrange(this.keys.index(partition), '0', '-1', 'WITHSCORES');
      const found: PresenceEntry[] = [];
      const unknown: string[] = [];
      for (let start = 0; start < members.length; start += 2 * page) {
        const pairs = members.slice(start, start + 2 * page);
        const sessionKeys = pairs.filter((_, index) => index % 2 === 0);
        const entries = await Promise.all(
          sessionKeys.map(async (key) => toEntry(await redis.hgetall(this.keys.entry(key)))),
        );
        for (const [index, entry] of entries.entries()) {
          if (entry?.partition === partition) found.push(entry);
          else unknown.push(pairs[2 * index] ?? '', pairs[2 * index + 1] ?? '');
        }
      }
      const graceMicroseconds = limits.presenceIndexGraceMs.value * 1_000;
      for (let start = 0; start < unknown.length; start += 2 * page) {
        const stale = unknown.slice(start, start + 2 * page);
        await indexRemove.run(redis, [this.keys.index(partition)], [graceMicroseconds, ...stale]);
      }
      const alive = await this.alivePods(redis, found);
      return found.filter(({ podId }) => alive.has(podId));
    });
  }

  private async alivePods(redis: RedisClient, entries: readonly PresenceEntry[]): Promise<Set<string>> {
    const pods = [...new Set(entries.map(({ podId }) => podId))];
    const exist = await Promise.all(pods.map((podId) => redis.exists(this.keys.lease(podId))));
    return new Set(pods.filter((_, index) => exist[index] === 1));
  }
}
