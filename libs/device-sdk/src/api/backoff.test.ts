import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

it('doubles up to its bound and spreads over the upper half', () => {
  const bounds = { firstMs: 100, maxMs: 1_000 };
  expect([1, 2, 3, 4, 5, 99].map((attempt) => backoffMs(attempt, bounds, 1))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const wait = backoffMs(attempt, bounds, random);
        expect(wait).toBeGreaterThanOrEqual(50);
        expect(wait).toBeLessThanOrEqual(1_000);
      },
    ),
  );
});
