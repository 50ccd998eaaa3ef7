import { limits } from '@causeway/limits';
import { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';

const addScript = new LuaScript('presence-index-add');

/** Puts sessions into a partition's index. @returns the mark of each; undefined where there is no room */
export async function markSessions(
  redis: RedisClient,
  keys: RedisKeys,
  partition: number,
  sessionKeys: readonly string[],
): Promise<(string | undefined)[]> {
  const most = limits.presenceEntriesPerPartition.value;
  const answer = await addScript.run(redis, [keys.index(partition)], [most, ...sessionKeys]);
  const marks = Array.isArray(answer) ? answer.map(String) : [];
  return sessionKeys.map((_, index) => (marks[index] === 'full' ? undefined : marks[index]));
}
