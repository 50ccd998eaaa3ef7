import { limits } from '@causeway/limits';
import { FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { VerifiedBearers } from './verified-bearers.js';

let clock: FakeClock;
let bearers: VerifiedBearers;
beforeEach(() => {
  clock = new FakeClock();
  bearers = new VerifiedBearers(clock);
});

describe('VerifiedBearers', () => {
  it('knows a bearer until it expires', async () => {
    bearers.add('a', clock.now() + 60_000);
    expect(bearers.has('a')).toBe(true);
    expect(bearers.has('b')).toBe(false);
    await clock.advance(60_000);
    expect(bearers.has('a')).toBe(false);
  });

  it('forgets one when a key set is no longer believed, however long it would be good', async () => {
    bearers.add('a', clock.now() + 3_600_000);
    await clock.advance(limits.jwksMaxAgeMs.value - 1);
    expect(bearers.has('a')).toBe(true);
    await clock.advance(1);
    expect(bearers.has('a')).toBe(false);
  });

  it('holds no more than its bound, and lets the oldest go', () => {
    const later = clock.now() + 60_000;
    for (let i = 0; i <= limits.verifiedBearers.value; i += 1) bearers.add(`bearer ${i}`, later);
    expect(bearers.has('bearer 0')).toBe(false);
    expect(bearers.has('bearer 1')).toBe(true);
    expect(bearers.has(`bearer ${limits.verifiedBearers.value}`)).toBe(true);
  });
});
