import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur2 } from './murmur2.js';
import { partitionForKey } from './partition-for-key.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('murmur2', () => {
  // The vectors of the Java client's own test.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as the Java client does', (text, hash) => {
    expect(murmur2(bytes(text))).toBe(hash);
  });

  it('gives a partition of the topic for any key, the same every time', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'é', '→', '𐍈', ' ') }),
        fc.integer({ min: 1, max: 512 }),
        (key, partitions) => {
          const partition = partitionForKey(key, partitions);
          return partition >= 0 && partition < partitions && partition === partitionForKey(key, partitions);
        },
      ),
    );
  });
});
