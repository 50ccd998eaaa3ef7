import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSticky, type Claim } from './sticky-assignment.js';

type Claims = Map<string, Claim>;

const release = '';

const claimsOf = (assignment: ReadonlyMap<string, readonly number[]>, generation: number): Claims =>
  new Map(
    [...assignment].map(([member, owned]) => [member, { generation, owned, draining: false, release }]),
  );

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });

describe('assignSticky', () => {
  it('gives each partition to one member and every member a fair share, whatever is claimed', () => {
    const claim = fc.record({
      generation: fc.integer(),
      owned: fc.array(fc.integer({ min: -3, max: 40 })),
      draining: fc.constant(false),
      release: fc.constant(''),
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
          before.map((member) => [member, { generation: 0, owned: [], draining: false, release }]),
        );
        const first = assignSticky(count, nobody);
        const claims = claimsOf(first, 1);
        const next: Claims = new Map(
          after.map((member) => [
            member,
            claims.get(member) ?? { generation: -1, owned: [], draining: false, release },
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
      ['zombie', { generation: 3, owned: [0, 1], draining: false, release }],
      ['owner', { generation: 5, owned: [0, 1], draining: false, release }],
    ]);
    expect(assignSticky(4, claims).get('owner')).toEqual([0, 1]);
  });

  it('gives a member that drains nothing, and what it had to the others, unless all drain', () => {
    const claim = (owned: readonly number[], draining: boolean) => ({
      generation: 4,
      owned,
      draining,
      release,
    });
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

  describe('while one release takes the place of another', () => {
    /** A group whose members come and go, with how often each partition has moved. */
    class Group {
      #members: Claims = new Map();
      #generation = 0;
      readonly moves: number[];
      readonly #owner: (string | undefined)[];

      constructor(private readonly partitions: number) {
        this.moves = Array.from({ length: partitions }, () => 0);
        this.#owner = Array.from({ length: partitions }, () => undefined);
      }

      change(change: (members: Claims) => void): void {
        change(this.#members);
        this.#generation += 1;
        const next: Claims = new Map();
        for (const [member, owned] of assignSticky(this.partitions, this.#members)) {
          const { since = this.#generation, release: of = '' } = this.#members.get(member) ?? {};
          next.set(member, { generation: this.#generation, owned, draining: false, release: of, since });
          for (const partition of owned) {
            if (this.#owner[partition] === member) continue;
            if (this.#owner[partition] !== undefined)
              this.moves[partition] = (this.moves[partition] ?? 0) + 1;
            this.#owner[partition] = member;
          }
        }
        this.#members = next;
        expect(new Set([...next.values()].flatMap(({ owned }) => owned)).size).toBe(this.partitions);
      }

      join(member: string, of: string): void {
        this.change((members) =>
          members.set(member, { generation: -1, owned: [], draining: false, release: of }),
        );
      }

      leave(member: string): void {
        this.change((members) => members.delete(member));
      }

      get sizes(): number[] {
        return [...this.#members.values()].map(({ owned }) => owned.length);
      }
    }

    it('moves each partition twice at most, and ends with even shares', () => {
      const sizes = [fc.integer({ min: 1, max: 128 }), fc.integer({ min: 1, max: 8 })] as const;
      fc.assert(
        fc.property(...sizes, fc.integer({ min: 1, max: 3 }), (partitions, pods, rollouts) => {
          const group = new Group(partitions);
          for (let pod = 0; pod < pods; pod += 1) group.join(`0-${pod}`, 'r0');
          for (let rollout = 1; rollout <= rollouts; rollout += 1) {
            group.moves.fill(0);
            for (let pod = 0; pod < pods; pod += 1) {
              group.join(`${rollout}-${pod}`, `r${rollout}`);
              expect(Math.max(...group.sizes)).toBeLessThanOrEqual(2 * Math.ceil(partitions / pods) + 1);
              group.leave(`${rollout - 1}-${pod}`);
            }
            expect(Math.max(...group.moves)).toBeLessThanOrEqual(2);
            expect(Math.max(...group.sizes) - Math.min(...group.sizes)).toBeLessThanOrEqual(1);
          }
        }),
      );
    });

    it('gives one that takes the place of many no more than twice a share', () => {
      const group = new Group(128);
      for (let pod = 0; pod < 8; pod += 1) group.join(`before-${pod}`, 'before');
      group.join('after', 'after');
      group.change((members) => {
        for (let pod = 0; pod < 5; pod += 1) members.delete(`before-${pod}`);
      });
      expect(Math.max(...group.sizes)).toBe(2 * (128 / 4));
    });
  });
});
