import { describe, expect, it } from 'vitest';
import { systemClock } from './index.js';
import { ManualClock } from './manual-clock.js';

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

describe('ManualClock', () => {
  it('runs due calls in order, also those that calls add', async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    clock.setTimeout(() => seen.push('b'), 20);
    clock.setTimeout(() => {
      seen.push('a');
      clock.setTimeout(() => seen.push('a2'), 5);
    }, 10);
    clock.setTimeout(() => seen.push('never'), 31);
    await clock.advance(30);
    expect(seen).toEqual(['a', 'a2', 'b']);
    expect(clock.monotonicMs()).toBe(30);
  });

  it('moves the wall without moving monotonic time', () => {
    const clock = new ManualClock(1_000);
    clock.jumpWall(-500);
    expect(clock.now()).toBe(500);
    expect(clock.monotonicMs()).toBe(0);
  });
});
