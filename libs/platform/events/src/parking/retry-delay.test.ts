import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parkedDelay } from './retry-delay.js';

it('doubles from try to try up to the longest wait, and ends after the last one', () => {
  const bounds = fc.record({
    firstDelayMs: fc.integer({ min: 1, max: 60_000 }),
    longestDelayMs: fc.integer({ min: 60_000, max: 10_000_000 }),
    rounds: fc.nat({ max: 2_000 }),
  });
  fc.assert(
    fc.property(bounds, fc.integer({ min: 1, max: 3_000 }), (given, round) => {
      const schedule = { ...given, pollMs: 1 };
      const delay = parkedDelay(round, schedule);
      if (round > given.rounds) {
        expect(delay).toBeUndefined();
        return;
      }
      expect(delay).toBeLessThanOrEqual(given.longestDelayMs);
      const before = round === 1 ? given.firstDelayMs / 2 : parkedDelay(round - 1, schedule);
      expect(delay).toBe(Math.min((before ?? 0) * 2, given.longestDelayMs));
    }),
  );
});
