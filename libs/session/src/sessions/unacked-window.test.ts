import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnackedWindow, type Settled } from './unacked-window.js';

const message = (id: string) => ({ stanzaClass: 'message' as const, id, from: '1@s.whatsapp.net' });
const idsOf = (settled: readonly Settled[]) => settled.map(({ stanza }) => stanza.id);

describe('UnackedWindow', () => {
  it('refuses what does not fit, and takes again once something was settled', () => {
    const window = new UnackedWindow(2, 0);
    expect([window.add(message('a'), 0), window.add(message('b'), 5), window.add(message('c'), 6)]).toEqual([
      1,
      2,
      undefined,
    ]);
    expect(window.oldestAgeMs(10)).toBe(10);
    expect(idsOf(window.settle([1, 1, 99], () => 'ack'))).toEqual(['a']);
    expect(window.oldestAgeMs(10)).toBe(5);
    expect(window.add(message('c'), 7)).toBe(3);
  });

  it('never settles a stanza of a later login', () => {
    const [before, after] = [new UnackedWindow(2, 1_000), new UnackedWindow(2, 1_001)];
    const late = before.add(message('a'), 0) ?? 0;
    after.add(message('b'), 0);
    expect(after.settle([late], () => 'ack')).toEqual([]);
  });

  it('forgets what a retry receipt settled, of that sender alone', () => {
    const window = new UnackedWindow(4, 0);
    const ref = window.add(message('a'), 0) ?? 0;
    window.add(message('b'), 0);
    window.settle([ref + 1], () => 'delivered');
    expect(window.forget('2@s.whatsapp.net', ['a'])).toEqual([]);
    expect(window.free).toBe(2);
    // What waited behind it is settled now, and it itself was by the receipt.
    expect(window.forget('1@s.whatsapp.net', ['a'])).toEqual([{ stanza: message('b'), how: 'delivered' }]);
    expect(window.settle([ref], () => 'ack')).toEqual([]);
  });

  it('settles nothing behind a stanza that still waits, and each once', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 30 }))), (batches) => {
        const window = new UnackedWindow(20, 0);
        for (let i = 1; i <= 20; i += 1) window.add(message(String(i)), i);
        const acknowledged = new Set<number>();
        const settled: string[] = [];
        for (const refs of batches) {
          for (const ref of refs) acknowledged.add(ref);
          settled.push(...idsOf(window.settle(refs, () => 'ack')));
          let prefix = 0;
          while (prefix < 20 && acknowledged.has(prefix + 1)) prefix += 1;
          expect(settled).toEqual(Array.from({ length: prefix }, (_, index) => String(index + 1)));
          expect(window.free).toBe(prefix);
        }
      }),
    );
  });
});
