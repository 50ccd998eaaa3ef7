import { describe, expect, it } from 'vitest';
import type { Coordination } from '../port.js';
import { fresh, until } from './harness.js';

export function ratesSuite(open: () => Coordination): void {
  const rule = (capacity: number, refillPerSecond: number) => ({
    name: fresh('limit'),
    capacity,
    refillPerSecond,
    failOpen: false,
  });
  const allowed = { allowed: true, retryAfterMs: 0 };

  describe('rates', () => {
    it('give the capacity at once, to all openers together, and say when to come back', async () => {
      const [first, second] = [open(), open()];
      const limit = rule(6, 1 / 600);
      const takes = Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? first : second).rates.take(limit, 'k'),
      );
      const decisions = await Promise.all(takes);
      expect(decisions.filter((decision) => decision.allowed)).toHaveLength(6);
      for (const { retryAfterMs } of decisions.filter((decision) => !decision.allowed)) {
        expect(retryAfterMs).toBeGreaterThan(595_000);
        expect(retryAfterMs).toBeLessThanOrEqual(600_000);
      }
    });

    it('keep keys and limits apart', async () => {
      const { rates } = open();
      const [one, two] = [rule(1, 0.001), rule(1, 0.001)];
      expect(await rates.take(one, 'k')).toEqual(allowed);
      expect(await rates.take(one, 'k')).toMatchObject({ allowed: false });
      expect(await rates.take(one, 'l')).toEqual(allowed);
      expect(await rates.take(two, 'k')).toEqual(allowed);
    });

    it('fill up again, and not beyond the capacity', async () => {
      const { rates } = open();
      const limit = rule(2, 20);
      await rates.take(limit, 'k', 2);
      await until(async () => expect(await rates.take(limit, 'k', 2)).toEqual(allowed));
      expect(await rates.take(limit, 'k', 2)).toMatchObject({ allowed: false });
    });

    it('count a cost, which a refusal does not take', async () => {
      const { rates } = open();
      const limit = rule(10, 0.001);
      expect(await rates.take(limit, 'k', 7)).toEqual(allowed);
      expect(await rates.take(limit, 'k', 4)).toMatchObject({ allowed: false });
      expect(await rates.take(limit, 'k', 3)).toEqual(allowed);
    });

    it('refuse a cost that could never be paid', async () => {
      const { rates } = open();
      for (const cost of [0, -1, 3, Number.NaN]) {
        await expect(rates.take(rule(2, 1), 'k', cost)).rejects.toMatchObject({
          code: 'coordination_invalid',
        });
      }
    });
  });
}
