import { createHash, randomUUID } from 'node:crypto';
import slotOf from 'cluster-key-slot';
import { Cluster } from 'ioredis';
import type { IndexLife } from '../port.js';
import { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';

const lifeScript = new LuaScript('presence-life');

const SLOTS = 16_384;
/** A node that holds twice as many slots in a row as lie between two markers has one for certain: up to 32 masters. */
const MARKERS = 64;

/**
 * Since when Redis has its memory: a marker that is gone was lost together with entries. In a cluster each node can
 * lose its own, so markers are spread over the slots.
 */
export async function readLife(redis: RedisClient, keys: RedisKeys): Promise<IndexLife> {
  const tags = redis instanceof Cluster ? clusterTags() : ['0'];
  const markers = await Promise.all(
    tags.map(async (tag) => {
      const answer = await lifeScript.run(redis, [keys.life(tag)], [randomUUID()]);
      const [id = '', ageMs = ''] = Array.isArray(answer) ? answer.map(String) : [];
      return { id, ageMs: Number(ageMs) };
    }),
  );
  const ids = markers.map(({ id }) => id).join();
  return {
    id: createHash('sha256').update(ids).digest('base64url'),
    ageMs: Math.min(...markers.map(({ ageMs }) => ageMs)),
  };
}

let tags: readonly string[] | undefined;

/** @returns one hash tag for each of the ranges into which the slots are divided */
export function clusterTags(): readonly string[] {
  const found = new Map<number, string>();
  for (let number = 0; tags === undefined && found.size < MARKERS; number++) {
    const range = Math.floor((slotOf(`{${number}}`) * MARKERS) / SLOTS);
    if (!found.has(range)) found.set(range, String(number));
  }
  return (tags ??= [...found.values()]);
}
