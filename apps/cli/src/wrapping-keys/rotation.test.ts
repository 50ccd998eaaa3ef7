import { limits } from '@causeway/limits';
import { wrapperAt, type WrappingRing } from '@causeway/sealing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withNext, without } from './rotation.js';

const LEAD = 600_000;
const first = withNext(undefined, { id: 'a' }, 0, LEAD);
const second = withNext(first, { id: 'b' }, 1_000, LEAD);

describe('a rotation of wrapping keys', () => {
  it('begins with a key that wraps at once, and goes on with one that waits until all pods know it', () => {
    expect(wrapperAt(first, 0).id).toBe('a');
    expect(wrapperAt(second, LEAD).id).toBe('a');
    expect(wrapperAt(second, LEAD + 1_000).id).toBe('b');
  });

  it.each([
    ['wrapping_key_known', () => withNext(second, { id: 'a' }, 2 * LEAD, LEAD)],
    ['wrapping_key_waits', () => withNext(second, { id: 'c' }, 1_001, LEAD)],
    ['wrapping_key_unknown', () => without(second, 'c', 0, 9 * LEAD, LEAD)],
    ['wrapping_key_in_use', () => without(second, 'a', 0, 2_000, LEAD)],
    ['wrapping_key_in_use', () => without(second, 'a', 0, 2 * LEAD + 999, LEAD)],
    ['wrapping_key_in_use', () => without(second, 'a', 1, 3 * LEAD, LEAD)],
    ['wrapping_key_in_use', () => without(second, 'b', 0, 3 * LEAD, LEAD)],
  ])('is refused with %s', (code, step) => {
    expect(step).toThrow(expect.objectContaining({ code }));
  });

  it('ends when the old key has rested long enough and no row names it', () => {
    expect(without(second, 'a', 0, 2 * LEAD + 1_000, LEAD).keys.map(({ id }) => id)).toEqual(['b']);
    expect(without(second, 'b', 0, 2_000, LEAD).keys.map(({ id }) => id)).toEqual(['a']);
  });

  it('never changes which key wraps now, and holds no more keys than it may', () => {
    const step = fc.record({ waits: fc.nat(2 * LEAD), drop: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let ring: WrappingRing = first;
        let now = 0;
        steps.forEach(({ waits, drop }, index) => {
          now += waits;
          const before = wrapperAt(ring, now).id;
          const oldest = ring.keys[0]?.id ?? '';
          try {
            ring = drop
              ? without(ring, oldest, 0, now, LEAD)
              : withNext(ring, { id: `k${index}` }, now, LEAD);
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^wrapping_key_/) });
          }
          expect(wrapperAt(ring, now).id).toBe(before);
          expect(ring.keys.length).toBeLessThanOrEqual(limits.wrappingKeys.value);
        });
      }),
    );
  });
});
