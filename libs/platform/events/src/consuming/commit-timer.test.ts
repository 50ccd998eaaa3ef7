import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommitTimer } from './commit-timer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('CommitTimer', () => {
  it('commits once for all that was done meanwhile, and has no timer while nothing is', async () => {
    const commit = vi.fn(async () => undefined);
    const timer = new CommitTimer(commit, 500);
    expect(vi.getTimerCount()).toBe(0);
    timer.due();
    await vi.advanceTimersByTimeAsync(300);
    timer.due();
    await vi.advanceTimersByTimeAsync(199);
    expect(commit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(commit).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('commits again when it is told that a commit has failed, until it is stopped', async () => {
    const timer = new CommitTimer(async () => {
      commits += 1;
      timer.due();
    }, 500);
    let commits = 0;
    timer.due();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(commits).toBe(3);
    timer.stop();
    timer.due();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(commits).toBe(3);
  });
});
