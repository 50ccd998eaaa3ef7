import { FakeClock } from '@causeway/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock, TimerWheel, type Timer } from './index.js';

const tickMs = 100;

/** Counts the timers of the clock below. */
class CountingClock extends FakeClock {
  readonly #armed = new Set<Timer>();
  get armed(): number {
    return this.#armed.size;
  }
  override setTimeout(fn: () => void, ms: number) {
    const timer = super.setTimeout(() => {
      this.#armed.delete(timer);
      fn();
    }, ms);
    this.#armed.add(timer);
    return timer;
  }
  override clearTimeout(timer: Timer): void {
    this.#armed.delete(timer);
    super.clearTimeout(timer);
  }
}

let clock: CountingClock;
let wheel: TimerWheel;

beforeEach(() => {
  clock = new CountingClock();
  wheel = new TimerWheel(clock, tickMs);
});

describe('TimerWheel', () => {
  it('runs calls never early, at most a tick late, each once, and forgets cleared ones', async () => {
    const calls = fc.record({
      atMs: fc.nat(120_000),
      afterMs: fc.nat(200_000),
      clearedAfterMs: fc.option(fc.nat(200_000)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(calls, { maxLength: 30 }), async (list) => {
        clock = new CountingClock();
        wheel = new TimerWheel(clock, tickMs);
        const ran = new Map<number, number>();
        const start = (index: number, afterMs: number, clearedAfterMs: number | null) => {
          const askedAtMs = clock.monotonicMs();
          const timer = wheel.setTimeout(() => {
            expect(ran.has(index)).toBe(false);
            ran.set(index, clock.monotonicMs() - askedAtMs - afterMs);
          }, afterMs);
          if (clearedAfterMs !== null) clock.setTimeout(() => wheel.clearTimeout(timer), clearedAfterMs);
        };
        for (const [index, { atMs, afterMs, clearedAfterMs }] of list.entries())
          clock.setTimeout(() => start(index, afterMs, clearedAfterMs), atMs);
        await clock.advance(600_000);
        for (const [index, { afterMs, clearedAfterMs }] of list.entries()) {
          const lateMs = ran.get(index);
          if (clearedAfterMs === null || clearedAfterMs > afterMs + tickMs) expect(lateMs).toBeDefined();
          if (clearedAfterMs !== null && clearedAfterMs < afterMs) expect(lateMs).toBeUndefined();
          if (lateMs !== undefined) expect(lateMs).toBeGreaterThanOrEqual(0);
          if (lateMs !== undefined) expect(lateMs).toBeLessThanOrEqual(tickMs);
        }
        expect(wheel.size).toBe(0);
        expect(clock.armed).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('needs one timer for thousands of calls, and none for none', async () => {
    const timers = Array.from({ length: 5_000 }, (_, index) => wheel.setTimeout(() => undefined, index * 37));
    expect(clock.armed).toBe(1);
    for (const timer of timers) wheel.clearTimeout(timer);
    expect(clock.armed).toBe(0);
    wheel.clearTimeout(timers[0] as Timer);
    expect(wheel.size).toBe(0);
  });

  it('makes up for a standstill of any length, in the order of what was due', async () => {
    const ran: number[] = [];
    let standing = 0;
    const stopped = {
      ...clock,
      now: () => 0,
      monotonicMs: () => standing,
      setTimeout: clock.setTimeout.bind(clock),
      clearTimeout: clock.clearTimeout.bind(clock),
    };
    wheel = new TimerWheel(stopped, tickMs);
    for (const ms of [90_000, 300, 51_200, 10]) wheel.setTimeout(() => ran.push(ms), ms);
    standing = 3_600_000;
    await clock.advance(100);
    expect(ran).toEqual([10, 300, 51_200, 90_000]);
  });

  it('keeps no process alive for what waits', () => {
    const keepAlive = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = keepAlive();
    wheel = new TimerWheel(systemClock);
    const timer = wheel.setTimeout(() => undefined, 60_000);
    expect(keepAlive()).toBe(before);
    wheel.clearTimeout(timer);
  });

  it('lets a call arm another, and one that throws holds up nobody', async () => {
    const ran: string[] = [];
    const failures: unknown[] = [];
    const below = {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      clearTimeout: (timer: Timer) => clock.clearTimeout(timer),
      setTimeout: (fn: () => void, ms: number) =>
        clock.setTimeout(() => {
          try {
            fn();
          } catch (error) {
            failures.push(error);
          }
        }, ms),
    };
    wheel = new TimerWheel(below, tickMs);
    wheel.setTimeout(() => {
      throw new Error('planted');
    }, 50);
    wheel.setTimeout(() => wheel.setTimeout(() => ran.push('second'), 0), 50);
    await clock.advance(99);
    expect(ran).toEqual([]);
    await clock.advance(101);
    expect(ran).toEqual(['second']);
    expect(failures).toMatchObject([{ message: 'planted' }]);
  });
});
