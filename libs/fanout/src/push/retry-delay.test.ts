import fc from 'fast-check';
import { limits } from '@causeway/limits';
import { expect, it } from 'vitest';
import { retryDelayMs } from './retry-delay.js';

it('grows from try to try, within its bounds, whatever chance says', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: limits.wakeAttempts.value }), chance, (attempt, luck) => {
      const delay = retryDelayMs(attempt, luck);
      expect(delay).toBeGreaterThanOrEqual(limits.wakeRetryMinMs.value / 2);
      expect(delay).toBeLessThanOrEqual(limits.wakeRetryMaxMs.value);
      expect(retryDelayMs(attempt + 1, luck)).toBeGreaterThanOrEqual(delay);
    }),
  );
});
