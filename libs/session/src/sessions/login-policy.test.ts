import { limits } from '@causeway/limits';
import { FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { LoginPolicy } from './login-policy.js';
import type { EndAdvice } from './ports.js';

const hourMs = 3_600_000;
let clock: FakeClock;
let policy: LoginPolicy;

beforeEach(() => {
  clock = new FakeClock();
  policy = new LoginPolicy(clock, () => 0.5);
});

const after = (advice: EndAdvice, waitMs?: number, succeededAtMs?: number) =>
  policy.after({ code: 'x', advice, ...(waitMs !== undefined && { waitMs }) }, succeededAtMs);
const login = (afterMs: number, freshToken = false) => ({ kind: 'login', afterMs, freshToken });

describe('the next login', () => {
  it('comes at once when the gatekeeper asks for it, but not without end', async () => {
    for (let time = 0; time < limits.upstreamRestartsPerHour.value; time++)
      expect(after('restart')).toEqual(login(0));
    expect(after('restart')).toEqual(login(1_000));
    await clock.advance(hourMs);
    expect(after('restart')).toEqual(login(0));
  });

  it('has a fresh token a few times an hour; then it comes later', async () => {
    for (let time = 0; time < limits.upstreamFreshTokensPerHour.value; time++)
      expect(after('fresh-token')).toEqual(login(0, true));
    expect(after('fresh-token')).toEqual(login(8_000));
    await clock.advance(hourMs);
    expect(after('fresh-token')).toEqual(login(0, true));
  });

  it('comes five steps later after a rate limit', () => {
    expect(after('reconnect')).toEqual(login(1_000));
    expect(after('slow-down')).toEqual(login(13_000));
    expect(after('reconnect')).toEqual(login(21_000));
  });

  it('waits for as long as a ban lasts, an hour when nobody says, a day at most', () => {
    expect(after('pause', 5_000)).toEqual(login(5_000));
    expect(after('pause')).toEqual(login(hourMs));
    expect(after('pause', 30 * 86_400_000)).toEqual(login(86_400_000));
  });

  it('comes later from redelivery to redelivery, however long each login held', async () => {
    const redeliver = async () => {
      const startedMs = clock.monotonicMs();
      await clock.advance(60_000);
      return after('redeliver', undefined, startedMs);
    };
    for (const seconds of [1, 1, 2, 3]) expect(await redeliver()).toEqual(login(seconds * 1_000));
    await clock.advance(hourMs);
    expect(await redeliver()).toEqual(login(1_000));
  });

  it('begins with a second again after a login that held for half a minute', async () => {
    for (const seconds of [1, 1, 2]) expect(after('back-off')).toEqual(login(seconds * 1_000));
    await clock.advance(30_001);
    expect(after('back-off', undefined, 0)).toEqual(login(1_000));
  });

  it('does not come when it would not help, or when others take the account again and again', () => {
    expect(after('stop')).toEqual({ kind: 'stop', code: 'x' });
    for (let time = 0; time < limits.upstreamReloginsPerHour.value; time++)
      expect(after('check-owner').kind).toBe('login');
    expect(after('check-owner')).toEqual({ kind: 'stop', code: 'session_contested' });
  });
});
