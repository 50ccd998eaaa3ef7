import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankSumDeviation } from './rank-sum.js';

/** Numbers below 1 that look like chance and are always the same. */
function series(length: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647);
}

describe('rankSumDeviation', () => {
  it('is what the formula gives for a small example', () => {
    // Ranks 1, 2 and 5 of 6: U is 2 of 9, the deviation (2 - 4.5) / sqrt(9 · 7 / 12).
    expect(rankSumDeviation([1, 2, 5], [3, 4, 6])).toBeCloseTo(-2.5 / Math.sqrt(5.25));
  });

  it('sees no difference where there is none, and a small one where there is', () => {
    const [one, other] = [series(2_000, 7), series(2_000, 11)];
    expect(Math.abs(rankSumDeviation(one, other))).toBeLessThan(3);
    expect(
      rankSumDeviation(
        one.map((value) => value + 0.06),
        other,
      ),
    ).toBeGreaterThan(4);
  });

  it('is of no side: exchanged samples give the opposite, equal ones nothing', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(samples, samples, (one, other) => {
        expect(rankSumDeviation(one, other)).toBeCloseTo(-rankSumDeviation(other, one));
        expect(rankSumDeviation(one, one)).toBeCloseTo(0);
      }),
    );
  });

  it.each([
    [[], [1]],
    [[1], []],
    [
      [2, 2],
      [2, 2],
    ],
  ])('is 0 of %j and %j', (one, other) => expect(rankSumDeviation(one, other)).toBe(0));
});
