import { limits } from '@causeway/limits';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

describe('backoffMs', () => {
  it('doubles with jitter, stays bounded and ends', () => {
    expect([1, 2, 3].map((attempt) => backoffMs(attempt, 1))).toEqual([1_000, 2_000, 4_000]);
    expect(backoffMs(1, 0)).toBe(500);
    expect(backoffMs(20, 1)).toBe(limits.enlistmentBackoffMaxMs.value);
    expect(backoffMs(limits.enlistmentAttempts.value - 1, 0)).toBeDefined();
    expect(backoffMs(limits.enlistmentAttempts.value, 0)).toBeUndefined();
  });
});
