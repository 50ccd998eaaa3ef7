import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { see, standingOf, type Presence, type Sight } from './presence.js';

const DAY = 86_400_000;
const policy = { absenceDays: 60, returnDays: 2, evidenceDays: 90 };
const life = (...sights: readonly Sight[]) =>
  sights.reduce<Presence | undefined>((before, sight) => see(before, sight, policy), undefined);
const inside = (day: number): Sight => ({ inside: true, at: day * DAY });
const outside = (day: number): Sight => ({ inside: false, at: day * DAY });
const standing = (day: number, ...sights: readonly Sight[]) => standingOf(life(...sights), policy, day * DAY);

describe('presence in the region', () => {
  it('is unknown without a recent sight', () => {
    expect(standing(0)).toBe('unknown');
    expect(standing(90, inside(0))).toBe('present');
    expect(standing(91, inside(0))).toBe('unknown');
  });

  it('ends when an absence is longer than is tolerated, to the day', () => {
    expect(standing(70, inside(0), outside(10))).toBe('away');
    expect(standing(71, inside(0), outside(10))).toBe('gone');
  });

  it('begins with the first sight, also when that is outside', () => {
    expect(standing(5, outside(5))).toBe('away');
    expect(standing(66, outside(5))).toBe('gone');
  });

  it('is not won back by a short visit', () => {
    expect(standing(71, inside(0), outside(10), inside(69), outside(70))).toBe('gone');
    expect(standing(71, inside(0), outside(10), inside(69), inside(70))).toBe('gone');
    expect(standing(71, inside(0), outside(10), inside(69), inside(71))).toBe('present');
  });

  const policies = fc.record({
    absenceDays: fc.integer({ min: 1, max: 365 }),
    returnDays: fc.integer({ min: 0, max: 30 }),
    evidenceDays: fc.integer({ min: 1, max: 365 }),
  });
  const sights = fc.array(fc.record({ inside: fc.boolean(), at: fc.integer({ min: 0, max: 400 }) }), {
    maxLength: 40,
  });

  it('is never lost before the tolerance has passed since a sight outside', () => {
    fc.assert(
      fc.property(policies, sights, fc.integer({ min: 0, max: 800 }), (rules, seen, now) => {
        const all = seen.map(({ inside: isIn, at }) => ({ inside: isIn, at: at * DAY }));
        const end = all.reduce<Presence | undefined>((before, sight) => see(before, sight, rules), undefined);
        if (standingOf(end, rules, now * DAY) !== 'gone') return;
        const first = Math.min(...seen.filter(({ inside: isIn }) => !isIn).map(({ at }) => at));
        expect(now - first).toBeGreaterThan(rules.absenceDays);
      }),
    );
  });

  it('does not grow with time alone: whoever is gone stays gone until she is seen', () => {
    fc.assert(
      fc.property(policies, sights, fc.nat(800), fc.nat(800), (rules, seen, now, later) => {
        const all = seen.map(({ inside: isIn, at }) => ({ inside: isIn, at: at * DAY }));
        const end = all.reduce<Presence | undefined>((before, sight) => see(before, sight, rules), undefined);
        if (standingOf(end, rules, now * DAY) === 'gone') {
          expect(standingOf(end, rules, (now + later) * DAY)).toBe('gone');
        }
        if (standingOf(end, rules, now * DAY) === 'unknown') {
          expect(standingOf(end, rules, (now + later) * DAY)).toBe('unknown');
        }
      }),
    );
  });

  it('counts neither old news nor the same news twice', () => {
    fc.assert(
      fc.property(policies, sights, (rules, seen) => {
        let presence: Presence | undefined;
        for (const { inside: isIn, at } of seen) {
          const next = see(presence, { inside: isIn, at }, rules);
          if (presence !== undefined && at <= presence.observedAt) expect(next).toBe(presence);
          expect(see(next, { inside: !isIn, at }, rules)).toBe(next);
          expect(next.since).toBeLessThanOrEqual(next.observedAt);
          expect(next.inside || next.awaySince !== undefined).toBe(true);
          presence = next;
        }
      }),
    );
  });
});
