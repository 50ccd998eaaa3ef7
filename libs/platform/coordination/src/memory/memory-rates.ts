import { limits } from '@causeway/limits';
import { CoordinationError } from '../coordination.errors.js';
import type { Rates } from '../port.js';
import type { MemoryBucket, MemoryEngine } from './memory-engine.js';

/** Token buckets in the memory of one process. */
export function memoryRates(engine: MemoryEngine): Rates {
  const tokensOf = ({ tokens, atMs, rule }: MemoryBucket): number =>
    Math.min(rule.capacity, tokens + ((engine.clock.monotonicMs() - atMs) * rule.refillPerSecond) / 1_000);

  return {
    async take(rule, key, cost = 1) {
      const known = engine.buckets.get(key);
      if (!known) makeRoom(engine, (bucket) => tokensOf(bucket) >= bucket.rule.capacity);
      const tokens = known ? tokensOf({ ...known, rule }) : rule.capacity;
      if (tokens < cost) {
        return { allowed: false, retryAfterMs: Math.ceil(((cost - tokens) * 1_000) / rule.refillPerSecond) };
      }
      engine.buckets.set(key, { tokens: tokens - cost, atMs: engine.clock.monotonicMs(), rule });
      return { allowed: true, retryAfterMs: 0 };
    },
  };
}

/** At the bound drops full buckets, which say nothing; when none is full, the limit decides as without an engine. */
function makeRoom(engine: MemoryEngine, isFull: (bucket: MemoryBucket) => boolean): void {
  if (engine.buckets.size < limits.memoryCoordinationEntries.value) return;
  for (const [key, bucket] of engine.buckets) if (isFull(bucket)) engine.buckets.delete(key);
  if (engine.buckets.size >= limits.memoryCoordinationEntries.value)
    throw new CoordinationError('coordination_unreachable');
}
