import { afterEach, describe, expect, it, vi } from 'vitest';
import { faultSeed, seeded, SeededRandom } from './seeded-random.js';
import { jumpWallClock, restoreWallClock } from './wall-clock.js';

afterEach(() => {
  restoreWallClock();
  vi.unstubAllEnvs();
});

describe('SeededRandom', () => {
  it('gives the same row for the same seed, within its bounds, and reaches all of them', () => {
    const row = (seed: number) => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 500 }, () => random.int(3, 7));
    };
    expect(row(42)).toEqual(row(42));
    expect(row(42)).not.toEqual(row(43));
    expect([...new Set(row(42))].sort()).toEqual([3, 4, 5, 6, 7]);
    expect(new SeededRandom(1).pick(['only'])).toBe('only');
    expect(() => new SeededRandom(1).pick([])).toThrow(RangeError);
  });

  it('takes its seed from FAULT_SEED, and refuses one that is none', () => {
    vi.stubEnv('FAULT_SEED', '77');
    expect(faultSeed()).toBe(77);
    for (const bad of ['x', '-1', '1.5', String(2 ** 32)]) {
      vi.stubEnv('FAULT_SEED', bad);
      expect(() => faultSeed()).toThrow('FAULT_SEED');
    }
    vi.stubEnv('FAULT_SEED', '');
    expect(faultSeed()).toBeLessThan(2 ** 32);
  });
});

describe('seeded', () => {
  it('names the seed when the test fails', async () => {
    const failing = seeded((random) => {
      throw new Error(`drew ${random.int(0, 9)}`);
    }, 5);
    await expect(failing()).rejects.toThrow(/^FAULT_SEED=5: drew \d$/);
    await expect(seeded(() => undefined, 5)()).resolves.toBeUndefined();
  });
});

describe('jumpWallClock', () => {
  it('moves dates and not the monotonic clock, adds up, and is undone', () => {
    const real = Date.now();
    const monotonic = performance.now();
    jumpWallClock(600_000);
    jumpWallClock(600_000);
    expect(Date.now() - real).toBeGreaterThanOrEqual(1_200_000);
    expect(new Date().getTime() - real).toBeGreaterThanOrEqual(1_200_000);
    expect(new Date()).toBeInstanceOf(Date);
    expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z');
    expect(new Date(2020, 1, 2).getDate()).toBe(2);
    expect(performance.now() - monotonic).toBeLessThan(60_000);
    jumpWallClock(-1_800_000);
    expect(Date.now()).toBeLessThan(real);
    restoreWallClock();
    expect(Date.now() - real).toBeLessThan(60_000);
  });
});
