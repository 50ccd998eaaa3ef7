import { FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { LoginAdmission } from './login-admission.js';

let clock: FakeClock;
let admission: LoginAdmission;
let waiting: Map<string, number>;
let waits: number[];
let order: string[];

function make(pod: number, of: Record<string, number> = {}, most = 10_000): void {
  waiting = new Map();
  waits = [];
  order = [];
  const rate = (perSecond: number) => ({ capacity: perSecond, refillPerSecond: perSecond });
  admission = new LoginAdmission({
    clock,
    pod: rate(pod),
    rateOf: (gatekeeper) => rate(of[gatekeeper] ?? pod),
    most,
    onAdmitted: (_gatekeeper, ms) => waits.push(ms),
    onWaiting: (gatekeeper, count) => waiting.set(gatekeeper, count),
  });
}
function request(name: string, gatekeeper = 'a') {
  const turn = admission.request(gatekeeper);
  void turn.admitted.then((admitted) => order.push(admitted ? name : `${name} not`));
  return turn;
}

beforeEach(() => {
  clock = new FakeClock();
});

describe('LoginAdmission', () => {
  it('lets 2,000 in as fast as the bucket fills, and no faster, first come first', async () => {
    make(50);
    for (let i = 0; i < 2_000; i++) request(String(i));
    await clock.advance(0);
    expect(order).toHaveLength(50);
    await clock.advance(19_500);
    expect(order.length).toBeLessThanOrEqual(50 + 19.5 * 50);
    expect(order.length).toBeGreaterThan(950);
    await clock.advance(20_500);
    expect(order).toEqual(Array.from({ length: 2_000 }, (_, i) => String(i)));
    expect(waiting.get('a')).toBe(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1.05 * 39_000);
  });

  it('lets gatekeepers take turns, and a slow one holds up nobody', async () => {
    make(10, { slow: 1, fast: 10 });
    for (let i = 0; i < 20; i++) request('slow', 'slow');
    for (let i = 0; i < 20; i++) request('fast', 'fast');
    await clock.advance(0);
    expect(order.filter((name) => name === 'fast')).toHaveLength(9);
    expect(order[1]).toBe('fast');
    await clock.advance(1_300);
    expect(order.filter((name) => name === 'fast')).toHaveLength(20);
    expect(order.filter((name) => name === 'slow').length).toBeLessThanOrEqual(3);
  });

  it('gives the turn of one who left to the next', async () => {
    make(1);
    for (const name of ['x', 'y', 'z']) {
      const turn = request(name);
      if (name === 'y') turn.cancel();
    }
    await clock.advance(1_001);
    expect(order).toEqual(['x', 'y not', 'z']);
    expect(waiting.get('a')).toBe(0);
  });

  it('has room for so many, and refuses the rest at once', async () => {
    make(1, {}, 2);
    for (const name of ['in', 'waits', 'waits too', 'too many']) request(name);
    await clock.advance(0);
    expect(order).toEqual(['in', 'too many not']);
  });
});
