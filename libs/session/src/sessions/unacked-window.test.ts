import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnackedWindow } from './unacked-window.js';

const message = (id: string) => ({ stanzaClass: 'message' as const, id, from: '1@s.whatsapp.net' });

describe('UnackedWindow', () => {
  it('refuses what does not fit, and takes again once something was settled', () => {
    const window = new UnackedWindow(2, 0);
    expect([window.add(message('a'), 0), window.add(message('b'), 5), window.add(message('c'), 6)]).toEqual([
      1,
      2,
      undefined,
    ]);
    expect(window.oldestAgeMs(10)).toBe(10);
    expect(window.take([1, 1, 99])).toEqual([message('a')]);
    expect(window.oldestAgeMs(10)).toBe(5);
    expect(window.add(message('c'), 7)).toBe(3);
  });

  it('never settles a stanza of a later login', () => {
    const [before, after] = [new UnackedWindow(2, 1_000), new UnackedWindow(2, 1_001)];
    const late = before.add(message('a'), 0) ?? 0;
    after.add(message('b'), 0);
    expect(after.take([late])).toEqual([]);
  });

  it('forgets what a retry receipt settled, of that sender alone', () => {
    const window = new UnackedWindow(4, 0);
    const ref = window.add(message('a'), 0) ?? 0;
    window.forget('2@s.whatsapp.net', ['a']);
    expect(window.free).toBe(3);
    window.forget('1@s.whatsapp.net', ['a']);
    expect(window.take([ref])).toEqual([]);
  });

  it('gives back each stanza once, whatever is asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 })), (refs) => {
        const window = new UnackedWindow(20, 0);
        for (let i = 1; i <= 20; i += 1) window.add(message(String(i)), i);
        const taken = refs.flatMap((ref) => window.take([ref])).map(({ id }) => id);
        expect(new Set(taken).size).toBe(taken.length);
        expect(window.free).toBe(taken.length);
      }),
    );
  });
});
