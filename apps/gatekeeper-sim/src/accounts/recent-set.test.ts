import { expect, it } from 'vitest';
import { RecentSet } from './recent-set.js';

it('forgets the oldest beyond its bound, and takes what was added again as new', () => {
  const set = new RecentSet(2);
  for (const value of ['a', 'b', 'a', 'c']) set.add(value);
  expect(['a', 'b', 'c'].filter((value) => set.has(value))).toEqual(['a', 'c']);
});

it('forgets what it is told to', () => {
  const set = new RecentSet(2);
  for (const value of ['a', 'b']) set.add(value);
  set.delete('a');
  expect(['a', 'b'].filter((value) => set.has(value))).toEqual(['b']);
});
