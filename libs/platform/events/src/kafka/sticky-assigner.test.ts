import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSticky } from './sticky-assigner.js';

type Claims = Map<string, { generation: number; owned: number[]; draining: boolean }>;

const claimsOf = (assignment: ReadonlyMap<string, number[]>, generation: number): Claims =>
  new Map([...assignment].map(([member, owned]) => [member, { generation, owned, draining: false }]));

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });

describe('assignSticky', () => {
  it('gives each partition to one member and every member a fair share, whatever is claimed', () => {
    const claim = fc.record({
      generation: fc.integer(),
      owned: fc.array(fc.integer({ min: -3, max: 40 })),
      draining: fc.constant(false),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.dictionary(fc.string(), claim, { minKeys: 1 }),
        (count, claims) => {
          const assigned = assignSticky(count, new Map(Object.entries(claims)));
          const all = [...assigned.values()].flat().sort((one, two) => one - two);
          expect(all).toEqual(Array.from({ length: count }, (_, partition) => partition));
          const sizes = [...assigned.values()].map((owned) => owned.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('moves only what must move when members come and go', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), members, members, (count, before, after) => {
        const nobody: Claims = new Map(
          before.map((member) => [member, { generation: 0, owned: [], draining: false }]),
        );
        const first = assignSticky(count, nobody);
        const claims = claimsOf(first, 1);
        const next: Claims = new Map(
          after.map((member) => [
            member,
            claims.get(member) ?? { generation: -1, owned: [], draining: false },
          ]),
        );
        const second = assignSticky(count, next);
        const share = Math.ceil(count / after.length);
        for (const [member, owned] of second) {
          const had = first.get(member) ?? [];
          const kept = owned.filter((partition) => had.includes(partition)).length;
          expect(kept).toBeGreaterThanOrEqual(Math.min(had.length, Math.floor(count / after.length)));
          expect(owned.length).toBeLessThanOrEqual(share);
        }
      }),
    );
  });

  it('believes the later generation of two that claim the same partition', () => {
    const claims: Claims = new Map([
      ['zombie', { generation: 3, owned: [0, 1], draining: false }],
      ['owner', { generation: 5, owned: [0, 1], draining: false }],
    ]);
    expect(assignSticky(4, claims).get('owner')).toEqual([0, 1]);
  });

  it('gives a member that drains nothing, and what it had to the others, unless all drain', () => {
    const claim = (owned: number[], draining: boolean) => ({ generation: 4, owned, draining });
    const one: Claims = new Map([
      ['leaving', claim([0, 1], true)],
      ['staying', claim([2, 3], false)],
    ]);
    expect([...assignSticky(4, one)].sort()).toEqual([
      ['leaving', []],
      ['staying', [2, 3, 0, 1]],
    ]);
    const all: Claims = new Map([...one].map(([member, { owned }]) => [member, claim(owned, true)]));
    expect(assignSticky(4, all).get('leaving')).toEqual([0, 1]);
  });
});
