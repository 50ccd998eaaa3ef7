import { parseAddress } from '@causeway/jid';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnackedWindow, type Settled } from './unacked-window.js';

const message = (id: string) => ({
  stanzaClass: 'message' as const,
  id,
  from: parseAddress('1@s.whatsapp.net'),
});
const at = (ms: number) => () => ms;
const idsOf = (settled: readonly Settled[]) => settled.map(({ stanza }) => stanza.id);

describe('UnackedWindow', () => {
  it('lets what does not fit wait until what came first was settled', async () => {
    const window = new UnackedWindow(2, 0);
    expect([await window.add(message('a'), at(0)), await window.add(message('b'), at(5))]).toEqual([1, 2]);
    const third = window.add(message('c'), at(7));
    expect(window.oldestAgeMs(10)).toBe(10);
    expect(idsOf(window.settle([2], () => 'ack'))).toEqual([]);
    expect(window.free).toBe(0);
    expect(idsOf(window.settle([1, 1, 99], () => 'ack'))).toEqual(['a', 'b']);
    expect(await third).toBe(3);
    expect(window.oldestAgeMs(10)).toBe(3);
  });

  it('takes nothing more once the login is over, from those who wait as from others', async () => {
    const window = new UnackedWindow(1, 0);
    await window.add(message('a'), at(0));
    const waiting = window.add(message('b'), at(1));
    window.over();
    expect(await waiting).toBeUndefined();
    window.settle([1], () => 'ack');
    expect(await window.add(message('c'), at(2))).toBeUndefined();
  });

  it('never settles a stanza of a later login', async () => {
    const [before, after] = [new UnackedWindow(2, 1_000), new UnackedWindow(2, 1_001)];
    const late = (await before.add(message('a'), at(0))) ?? 0;
    await after.add(message('b'), at(0));
    expect(after.settle([late], () => 'ack')).toEqual([]);
  });

  it('forgets what a retry receipt settled, of that sender alone', async () => {
    const window = new UnackedWindow(4, 0);
    const ref = (await window.add(message('a'), at(0))) ?? 0;
    await window.add(message('b'), at(0));
    window.settle([ref + 1], () => 'delivered');
    expect(window.forget(parseAddress('2@s.whatsapp.net'), ['a'])).toEqual([]);
    expect(window.free).toBe(2);
    // What waited behind it is settled now, and it itself was by the receipt.
    expect(window.forget(parseAddress('1@s.whatsapp.net'), ['a'])).toEqual([
      { stanza: message('b'), how: 'delivered' },
    ]);
    expect(window.settle([ref], () => 'ack')).toEqual([]);
  });

  it('settles nothing behind a stanza that still waits, and each once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.integer({ min: 0, max: 30 }))), async (batches) => {
        const window = new UnackedWindow(20, 0);
        for (let i = 1; i <= 20; i += 1) await window.add(message(String(i)), at(i));
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
