import { limits } from '@causeway/limits';
import { FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { Rests, type KeptRest } from './rests.js';

let clock: FakeClock;
let kept: KeptRest[];
let rests: Rests;

beforeEach(() => {
  clock = new FakeClock();
  kept = [];
  rests = new Rests(clock, (rest) => void kept.push(rest));
});

describe('with what a gatekeeper is left alone', () => {
  it('stands for its time, for that session and kind alone, and is to be kept', async () => {
    rests.add('a', 'login', { code: 'account_paused', forMs: 1_000 });
    expect(rests.of('a', 'login')).toEqual({ code: 'account_paused', untilMs: 1_000 });
    expect([rests.of('b', 'login'), rests.of('a', 'rotation')]).toEqual([undefined, undefined]);
    expect(kept).toEqual([{ sessionKey: 'a', kind: 'login', code: 'account_paused', forMs: 1_000 }]);
    await clock.advance(1_000);
    expect(rests.of('a', 'login')).toBeUndefined();
  });

  it('comes back from an earlier owner without being kept again, and the longer of two stands', () => {
    rests.add('a', 'login', { code: 'rate_limited', forMs: 5_000 });
    rests.restore([
      { sessionKey: 'a', kind: 'login', code: 'account_paused', forMs: 4_000 },
      { sessionKey: 'b', kind: 'rotation', code: '406', forMs: 9_000, keyId: 7 },
    ]);
    expect(rests.of('a', 'login')?.code).toBe('rate_limited');
    expect(rests.of('b', 'rotation')).toEqual({ code: '406', untilMs: 9_000, keyId: 7 });
    expect(kept).toHaveLength(1);
  });

  it('is bounded: the oldest is forgotten', () => {
    const most = limits.upstreamSessionsPerPod.value;
    for (let number = 0; number <= most; number++)
      rests.add(`s${number}`, 'login', { code: 'x', forMs: 1_000 });
    expect(rests.of('s0', 'login')).toBeUndefined();
    expect(rests.of('s1', 'login')).toBeDefined();
  });
});
