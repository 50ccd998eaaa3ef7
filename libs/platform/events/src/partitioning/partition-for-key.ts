import { murmur2 } from './murmur2.js';

const encoder = new TextEncoder();

/** The partition of a key, as Kafka's default partitioner chooses it. */
export function partitionForKey(key: string, partitions: number): number {
  return (murmur2(encoder.encode(key)) & 0x7fffffff) % partitions;
}
