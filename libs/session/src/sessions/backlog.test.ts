import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Backlog } from './backlog.js';

it('pulls after the primer, one batch at a time, and stops at the end marker', () => {
  const backlog = new Backlog(100);
  expect(backlog.pull(256)).toBe(0);
  backlog.previewed(230, 0);
  for (let i = 0; i < 5; i += 1) {
    expect(backlog.pull(256)).toBe(0);
    backlog.arrived();
  }
  expect(backlog.pull(251)).toBe(100);
  expect(backlog.pull(251)).toBe(0);
  for (let i = 0; i < 100; i += 1) backlog.arrived();
  expect(backlog.pull(3)).toBe(0);
  expect(backlog.pull(40)).toBe(40);
  backlog.ended(0);
  expect(backlog.pull(256)).toBe(0);
});

it('asks for the end also when fewer stanzas wait than the primer has', () => {
  const backlog = new Backlog(100);
  backlog.previewed(2, 0);
  backlog.arrived();
  backlog.arrived();
  expect(backlog.pull(254)).toBe(100);
  expect(backlog.pull(254)).toBe(0);
});

it('never pulls more than fits, and pulls everything', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 5, max: 256 }), (count, free) => {
      const backlog = new Backlog(100);
      backlog.previewed(count, 0);
      let left = count;
      const deliver = (n: number) => {
        for (let i = 0; i < Math.min(n, left); i += 1) backlog.arrived();
        left -= Math.min(n, left);
      };
      deliver(5);
      for (let pulls = 0; left > 0; pulls += 1) {
        const pulled = backlog.pull(free);
        expect(pulled).toBeGreaterThan(0);
        expect(pulled).toBeLessThanOrEqual(free);
        expect(pulls).toBeLessThan(1000);
        deliver(pulled);
      }
    }),
  );
});
