import { limits } from '@causeway/limits';
import type { LostEntry, RestoreOutcome } from '../port.js';
import { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-client.js';
import { toFields } from './redis-entry.js';
import { markSessions } from './redis-index.js';
import type { RedisKeys } from './redis-keys.js';

const restoreScript = new LuaScript('presence-restore');

/** Puts entries back in two round trips: one for the indexes of their partitions, one for the entries. */
export async function restoreEntries(
  redis: RedisClient,
  keys: RedisKeys,
  entries: readonly LostEntry[],
): Promise<RestoreOutcome[]> {
  const marks = await markAll(redis, keys, entries);
  return Promise.all(entries.map((entry) => restoreOne(redis, keys, entry, marks.get(entry.sessionKey))));
}

async function restoreOne(
  redis: RedisClient,
  keys: RedisKeys,
  { epoch, lastSeq, ...entry }: LostEntry,
  mark: string | undefined,
): Promise<RestoreOutcome> {
  if (mark === undefined) return 'full';
  const { sessionKey } = entry;
  const names = [keys.entry(sessionKey), keys.epoch(sessionKey), keys.mailbox(sessionKey)];
  const args = [limits.presenceEpochIdleMs.value, epoch, lastSeq, mark, ...toFields(entry)];
  return String(await restoreScript.run(redis, names, args)) as RestoreOutcome;
}

async function markAll(
  redis: RedisClient,
  keys: RedisKeys,
  entries: readonly LostEntry[],
): Promise<Map<string, string | undefined>> {
  const byPartition = Map.groupBy(entries, ({ partition }) => partition);
  const marked = await Promise.all(
    [...byPartition].map(async ([partition, own]) => {
      const sessionKeys = own.map(({ sessionKey }) => sessionKey);
      const marks = await markSessions(redis, keys, partition, sessionKeys);
      return sessionKeys.map((sessionKey, index) => [sessionKey, marks[index]] as const);
    }),
  );
  return new Map(marked.flat());
}
