import { FakeClock } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { TokenCache } from './token-cache.js';

const lifeMs = 300_000;

const minted = (clock: FakeClock, token = 't') => ({
  token,
  keyId: 'k',
  issuedAt: clock.now(),
  expiresAt: clock.now() + lifeMs,
});

describe('TokenCache', () => {
  it('gives a token back in the first half of its life', async () => {
    const clock = new FakeClock();
    const cache = new TokenCache(clock);
    const token = minted(clock);
    cache.put('a', token);
    await clock.advance(lifeMs / 2);
    expect(cache.get('a')).toBe(token);
    await clock.advance(1);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBeUndefined();
  });

  it('gives none back after the clock was set back: it may be older than it seems', () => {
    const clock = new FakeClock();
    const cache = new TokenCache(clock);
    cache.put('a', { ...minted(clock), issuedAt: clock.now() + 1 });
    expect(cache.get('a')).toBeUndefined();
  });

  it('drops what was used least recently when it is full', () => {
    const clock = new FakeClock();
    const cache = new TokenCache(clock, 2);
    for (const name of ['a', 'b']) cache.put(name, minted(clock, name));
    cache.get('a');
    cache.put('c', minted(clock, 'c'));
    expect(['a', 'b', 'c'].map((name) => cache.get(name)?.token)).toEqual(['a', undefined, 'c']);
  });
});
