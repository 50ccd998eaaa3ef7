import { describe, expect, it } from 'vitest';
import { systemClock } from './index.js';

describe('systemClock', () => {
  it('runs a call and forgets a cleared one', async () => {
    const seen: string[] = [];
    const cleared = systemClock.setTimeout(() => seen.push('cleared'), 0);
    systemClock.clearTimeout(cleared);
    await new Promise<void>((resolve) => void systemClock.setTimeout(() => resolve(), 2));
    expect(seen).toEqual([]);
  });

  it('is monotonic and tells the wall time', () => {
    const first = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  });
});
