import { FakeClock } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { ReadinessChecks } from '../index.js';

describe('ReadinessChecks', () => {
  it('counts a check without an answer as failed at its deadline', async () => {
    const clock = new FakeClock();
    const checks = new ReadinessChecks(clock);
    checks.add('hangs', () => new Promise(() => undefined));
    checks.add('throws', () => {
      throw new Error('x');
    });
    checks.add('good', () => Promise.resolve());
    const failing = checks.failing();
    await clock.advance(2_000);
    expect(await failing).toEqual(['hangs', 'throws']);
  });
});
