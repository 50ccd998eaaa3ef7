import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DeliveryChecker, type Tracked } from './delivery-checker.js';
import { SteadyLoad } from './steady-load.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => vi.useRealTimers());

it('sends every key at its pace, whatever becomes of it, up to its bound, and tells each outcome', async () => {
  const checker = new DeliveryChecker();
  const open: (() => void)[] = [];
  const sent: Tracked[] = [];
  const load = new SteadyLoad({
    checker,
    keys: ['a', 'b'],
    everyMs: 10,
    maxRounds: 3,
    send(message) {
      sent.push(message);
      if (message.seq === 0) return Promise.reject(new Error(message.key === 'a' ? 'late' : 'refused'));
      return new Promise((resolve) => open.push(resolve));
    },
    outcomeOf: (error) => (error instanceof Error && error.message === 'late' ? 'unknown' : 'fail'),
  });
  await vi.advanceTimersByTimeAsync(10);
  // Three rounds wait, so that the others are left out.
  await vi.advanceTimersByTimeAsync(100);
  expect(sent.map(({ key, seq }) => `${key}${seq}`)).toEqual([
    'a0',
    'b0',
    'a1',
    'b1',
    'a2',
    'b2',
    'a3',
    'b3',
  ]);
  for (const resolve of open) resolve();
  await load.stop();
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toHaveLength(8);
  expect(checker.verdict().sent).toEqual({ ok: 6, fail: 1, unknown: 1 });
  expect(load.beganAt(sent[0]?.id ?? '')).toBeGreaterThan(0);
  expect(load.beganAt('nobody')).toBeUndefined();
});
