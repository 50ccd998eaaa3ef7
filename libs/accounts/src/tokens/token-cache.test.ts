import { FakeClock } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { TokenCache } from './token-cache.js';

const lifeMs = 300_000;

describe('TokenCache', () => {
  it('gives a token back until a minute before it expires', async () => {
    const clock = new FakeClock();
    const cache = new TokenCache(clock);
    const token = { token: 't', expiresAt: clock.now() + lifeMs };
    cache.put('a', token);
    await clock.advance(lifeMs - 60_001);
    expect(cache.get('a')).toBe(token);
    await clock.advance(1);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBeUndefined();
  });

  it('drops what was used least recently when it is full', () => {
    const clock = new FakeClock();
    const cache = new TokenCache(clock, 2);
    for (const name of ['a', 'b']) cache.put(name, { token: name, expiresAt: clock.now() + lifeMs });
    cache.get('a');
    cache.put('c', { token: 'c', expiresAt: clock.now() + lifeMs });
    expect(['a', 'b', 'c'].map((name) => cache.get(name)?.token)).toEqual(['a', undefined, 'c']);
  });
});
