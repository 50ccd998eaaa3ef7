import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainOf, endOf, offsetOf, segmentKey } from './segments.js';

const segment = (offset: number, size: number) => ({ key: segmentKey('name', offset), offset, size });

describe('the parts of a blob', () => {
  it('are a chain from the beginning; what does not join it counts for nothing', () => {
    const chain = chainOf([segment(5, 2), segment(0, 5), segment(3, 100), segment(8, 4)]);
    expect(chain.map(({ offset }) => offset)).toEqual([0, 5]);
    expect(endOf(chain)).toBe(7);
    expect(chainOf([segment(1, 5)])).toEqual([]);
    expect(chainOf([segment(0, 0)])).toEqual([]);
  });

  it('are found again by their keys, which sort by offset', () => {
    const offset = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(offset, offset, (a, b) => {
        expect(offsetOf(segmentKey('name', a))).toBe(a);
        expect(segmentKey('name', a) < segmentKey('name', b)).toBe(a < b);
      }),
    );
    for (const key of ['name/1', 'name/', 'name', 'name/00000000000000x'])
      expect(offsetOf(key)).toBeUndefined();
  });
});
