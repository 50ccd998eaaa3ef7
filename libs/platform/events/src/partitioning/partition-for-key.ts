import { murmur2 } from './murmur2.js';

/** The partition of a key, as Kafka's default partitioner chooses it. */
export function partitionForKey(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}
