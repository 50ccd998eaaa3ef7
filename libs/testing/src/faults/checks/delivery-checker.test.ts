import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveryChecker, type SendOutcome, type Tracked } from './delivery-checker.js';

const clean = { lost: [], doubled: [], reordered: [], phantom: [] };

/** Sends of up to four keys, each with its outcome. */
const history = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      outcome: fc.constantFrom<SendOutcome>('ok', 'ok', 'ok', 'fail', 'unknown'),
      /** Whether an unknown one arrived. */
      arrived: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((sends) => sends.map((send, n) => ({ ...send, id: `m${n}`, seq: n })));

type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

const arrives = (send: History[number]): boolean =>
  send.outcome === 'ok' || (send.outcome === 'unknown' && send.arrived);

function checked(sends: History, views: readonly Tracked[]) {
  const checker = new DeliveryChecker();
  for (const send of sends) {
    checker.began(send);
    checker.told(send.id, send.outcome);
  }
  for (const view of views) checker.saw(view);
  const { lost, doubled, reordered, phantom } = checker.verdict();
  return { lost, doubled, reordered, phantom };
}

/** Keys mixed at will; each key in its order. */
function interleave(sends: History, lots: readonly number[]): Tracked[] {
  const queues = [...Map.groupBy(sends.filter(arrives), (send) => send.key).values()];
  const views: Tracked[] = [];
  for (let n = 0; queues.length > 0; n++) {
    const at = (lots[n % lots.length] ?? 0) % queues.length;
    const view = queues[at]?.shift();
    if (view === undefined) queues.splice(at, 1);
    else views.push(view);
  }
  return views;
}

const lots = fc.array(fc.nat(100), { minLength: 1, maxLength: 20 });

describe('DeliveryChecker', () => {
  it('finds nothing wrong with any mix of keys in which each key is complete and in order', () => {
    fc.assert(
      fc.property(history, lots, (sends, mix) => {
        expect(checked(sends, interleave(sends, mix))).toEqual(clean);
      }),
    );
  });

  it('names exactly what is lost', () => {
    fc.assert(
      fc.property(history, lots, fc.nat(), (sends, mix, lot) => {
        const oks = sends.filter((send) => send.outcome === 'ok');
        fc.pre(oks.length > 0);
        const missing = oks[lot % oks.length]?.id ?? '';
        const views = interleave(sends, mix).filter((view) => view.id !== missing);
        expect(checked(sends, views)).toEqual({ ...clean, lost: [missing] });
      }),
    );
  });

  it('names exactly what is doubled, wherever the double comes', () => {
    fc.assert(
      fc.property(history, lots, fc.nat(), fc.nat(), (sends, mix, lot, place) => {
        const views = interleave(sends, mix);
        fc.pre(views.length > 0);
        const again = views[lot % views.length] as Tracked;
        const first = views.indexOf(again);
        views.splice(first + 1 + (place % (views.length - first)), 0, again);
        expect(checked(sends, views)).toEqual({ ...clean, doubled: [again.id] });
      }),
    );
  });

  it('names what comes behind a later one of its key', () => {
    fc.assert(
      fc.property(history, lots, fc.nat(), (sends, mix, lot) => {
        const views = interleave(sends, mix);
        const pairs = views.flatMap((one) => {
          const later = views.find((view) => view.key === one.key && view.seq > one.seq && isOk(sends, view));
          return isOk(sends, one) && later !== undefined ? [[one, later] as const] : [];
        });
        fc.pre(pairs.length > 0);
        const [one, later] = pairs[lot % pairs.length] as readonly [Tracked, Tracked];
        const at = [views.indexOf(one), views.indexOf(later)] as const;
        [views[at[0]], views[at[1]]] = [later, one];
        expect(checked(sends, views)).toMatchObject({
          ...clean,
          reordered: expect.arrayContaining([one.id]),
        });
      }),
    );
  });

  it('names what was never sent, was refused, or came under another key or number', () => {
    fc.assert(
      fc.property(history, lots, fc.nat(), fc.integer({ min: 0, max: 2 }), (sends, mix, lot, kind) => {
        const views = interleave(sends, mix);
        const refused = sends.filter((send) => send.outcome === 'fail');
        const strangers: Tracked[] = [
          { id: 'stranger', key: 'a', seq: 1_000 },
          ...refused.map(({ id, key, seq }) => ({ id, key, seq })),
        ];
        if (kind < 2) {
          const phantom = kind === 0 ? strangers[0] : strangers.at(-1);
          views.splice(lot % (views.length + 1), 0, phantom as Tracked);
          expect(checked(sends, views)).toEqual({ ...clean, phantom: [phantom?.id] });
          return;
        }
        fc.pre(views.length > 0);
        const at = lot % views.length;
        const right = views[at] as Tracked;
        views[at] = lot % 2 === 0 ? { ...right, key: 'elsewhere' } : { ...right, seq: right.seq + 1_000 };
        expect(checked(sends, views)).toEqual({ ...clean, phantom: [right.id] });
      }),
    );
  });

  it('counts by outcome, keeps an ok whatever a repeat is told, and refuses what makes no sense', () => {
    const checker = new DeliveryChecker();
    for (const [seq, id] of ['x', 'y', 'z'].entries()) checker.began({ id, key: 'k', seq });
    checker.told('x', 'ok');
    checker.told('x', 'unknown');
    checker.told('y', 'fail');
    checker.saw({ id: 'z', key: 'k', seq: 2 });
    expect(checker.verdict()).toMatchObject({
      sent: { ok: 1, fail: 1, unknown: 1 },
      seen: 1,
      recovered: 1,
      lost: ['x'],
    });
    expect(() => checker.began({ id: 'x', key: 'k', seq: 9 })).toThrow('once');
    expect(() => checker.told('nobody', 'ok')).toThrow('not sent');
  });
});

const isOk = (sends: History, view: Tracked): boolean =>
  sends.find((send) => send.id === view.id)?.outcome === 'ok';
