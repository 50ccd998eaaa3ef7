import { describe, expect, it } from 'vitest';
import { captureLogs, eventually, FakeClock } from './index.js';

describe('eventually', () => {
  it('returns the first value that does not throw', async () => {
    let calls = 0;
    const value = await eventually(() => {
      if (++calls < 3) throw new Error('not yet');
      return calls;
    });
    expect(value).toBe(3);
  });

  it('throws the last error at the deadline', async () => {
    const never = eventually(() => expect(1).toBe(2), { deadlineMs: 30, everyMs: 5 });
    await expect(never).rejects.toThrow('expected 1 to be 2');
  });
});

describe('FakeClock', () => {
  it('runs due calls in order, those they schedule as well, and forgets cancelled ones', async () => {
    const clock = new FakeClock();
    const start = clock.now();
    const seen: number[] = [];
    clock.setTimeout(() => seen.push(2), 20);
    clock.setTimeout(() => {
      seen.push(1);
      clock.setTimeout(() => seen.push(3), 15);
    }, 10);
    clock.clearTimeout(clock.setTimeout(() => seen.push(99), 5));
    await clock.advance(24);
    expect(seen).toEqual([1, 2]);
    await clock.advance(1);
    expect(seen).toEqual([1, 2, 3]);
    expect(clock.now() - start).toBe(25);
    clock.jumpWall(-1_000);
    expect(clock.now() - start).toBe(-975);
    expect(clock.monotonicMs()).toBe(25);
  });
});

describe('captureLogs', () => {
  it('keeps fields and renders errors', () => {
    const logs = captureLogs();
    logs.logger.warn({ error: new Error('broken') }, 'said');
    expect(logs.lines).toMatchObject([{ level: 'warn', message: 'said' }]);
    expect(logs.text()).toContain('Error: broken');
  });
});
