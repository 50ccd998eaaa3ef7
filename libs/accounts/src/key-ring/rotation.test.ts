import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRing, KeyRing, keySetOf, retiredFrom, signerAt, stateOf, type KeySet } from './key-ring.js';
import type { NewKey } from './new-key.js';
import { revocation, rotation, tidied, writesOf, type RingWrite } from './rotation.js';

const HOUR = 3_600_000;
const times = { fetchMs: 48 * HOUR, retainMs: 1.2 * HOUR };
const longestLifeMs = HOUR;
const key = (kid: string): NewKey => ({ kid, algorithm: 'RS256', publicJwk: { kty: 'RSA' } });
const kidsOf = (keySet: KeySet) => keySet.keys.map(({ kid }) => String(kid));
const statesOf = (ring: KeyRing, at: number) =>
  Object.fromEntries(ring.keys.map((one) => [one.kid, stateOf(ring, one, at, times.retainMs)]));
const last = (rings: readonly KeyRing[]) => rings.at(-1) ?? emptyRing;

describe('a rotation', () => {
  const first = last(rotation(emptyRing, key('a'), 0, times));

  it('begins with a key that signs at once, because no gatekeeper knows another', () => {
    expect(rotation(emptyRing, key('a'), 0, times).map((ring) => statesOf(ring, 0))).toEqual([
      { a: 'created' },
      { a: 'signing' },
    ]);
  });

  it('publishes the next key, lets it sign after the interval, and removes the former after its last token', () => {
    const [withKey = emptyRing, planned = emptyRing] = rotation(first, key('b'), HOUR, times);
    expect(statesOf(withKey, HOUR)).toEqual({ a: 'signing', b: 'created' });
    expect(kidsOf(keySetOf(withKey))).toEqual(['a']);
    expect(kidsOf(keySetOf(planned))).toEqual(['a', 'b']);
    const switchAt = HOUR + times.fetchMs;
    expect(statesOf(planned, switchAt - 1)).toEqual({ a: 'signing', b: 'published' });
    expect(statesOf(planned, switchAt)).toEqual({ a: 'retired', b: 'signing' });
    const over = switchAt + times.retainMs;
    expect(statesOf(planned, over - 1)).toEqual({ a: 'retired', b: 'signing' });
    expect(statesOf(planned, over)).toEqual({ a: 'removed', b: 'signing' });
    expect(statesOf(tidied(planned, over, times), over)).toEqual({ b: 'signing' });
  });

  it('is left alone while one waits for its time, and taken up again where it broke off', () => {
    const [withKey = emptyRing, planned = emptyRing] = rotation(first, key('b'), HOUR, times);
    expect(rotation(planned, key('c'), 2 * HOUR, times)).toEqual([planned]);
    expect(statesOf(last(rotation(withKey, key('c'), 2 * HOUR, times)), 2 * HOUR)).toEqual({
      a: 'signing',
      b: 'published',
    });
  });

  it('does not touch the keys of another algorithm', () => {
    const other: NewKey = { ...key('e'), algorithm: 'ES256', publicJwk: { kty: 'EC' } };
    const both = last(rotation(first, other, HOUR, times));
    expect(signerAt(both, 'RS256', HOUR)?.kid).toBe('a');
    // A gatekeeper may have fetched the key set before: the first key of an algorithm waits like any other.
    expect([signerAt(both, 'ES256', HOUR), signerAt(both, 'ES256', HOUR + times.fetchMs)?.kid]).toEqual([
      undefined,
      'e',
    ]);
  });

  it('is refused at the bound, which leaves a place for the successor of a revoked key', () => {
    const soon = { fetchMs: 0, retainMs: times.retainMs };
    let ring = first;
    for (let count = 2; count <= 15; count++) ring = last(rotation(ring, key(`k${count}`), count, soon));
    expect(() => rotation(ring, key('more'), 20, soon)).toThrow('key ring is full');
    const after = last(revocation(ring, 'k15', key('more'), 20));
    expect([signerAt(after, 'RS256', 20)?.kid, after.keys.length]).toEqual(['more', 15]);
  });
});

describe('a revocation', () => {
  const planned = last(rotation(last(rotation(emptyRing, key('a'), 0, times)), key('b'), HOUR, times));

  it('of the key that signs lets its successor sign at once', () => {
    const after = last(revocation(planned, 'a', key('c'), 2 * HOUR));
    expect(statesOf(after, 2 * HOUR)).toEqual({ b: 'signing' });
    expect(after.revoked).toEqual([{ kid: 'a', at: 2 * HOUR }]);
  });

  it('makes a successor where there is none', () => {
    const alone = last(rotation(emptyRing, key('a'), 0, times));
    const rings = revocation(alone, 'a', key('c'), HOUR);
    expect(rings.map((ring) => statesOf(ring, HOUR))).toEqual([
      { a: 'signing', c: 'created' },
      { c: 'signing' },
    ]);
  });

  it('of a key that does not sign changes nothing else', () => {
    expect(statesOf(last(revocation(planned, 'b', key('c'), 2 * HOUR)), 2 * HOUR)).toEqual({ a: 'signing' });
    const switched = 2 * HOUR + times.fetchMs;
    expect(statesOf(last(revocation(planned, 'a', key('c'), switched)), switched)).toEqual({ b: 'signing' });
  });

  it('is for good: neither twice, nor with the same key again', () => {
    const after = last(revocation(planned, 'b', key('c'), 2 * HOUR));
    expect(() => revocation(after, 'b', key('d'), 3 * HOUR)).toThrow('no such key');
    expect(() => rotation(after, key('b'), 3 * HOUR, times)).toThrow('has, or had, a key of that id');
  });
});

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(rule);
}

/** What is on the disk, who has fetched it, and which tokens are out: what the rules of the ring are about. */
class Deployment {
  ring: KeyRing = emptyRing;
  keySet: KeySet = { keys: [] };
  now = 1_000 * HOUR;
  /** What the gatekeeper believes, and since when. */
  fetched = { kids: [] as string[], at: this.now };
  tokens: { kid: string; expiresAt: number }[] = [];
  emergencyUntil = 0;
  #keys = 0;

  run(command: 'rotate' | { revoke: number }, crashAfter: number): void {
    const fresh = key(`k${(this.#keys += 1)}`);
    const kid = typeof command === 'object' ? this.ring.keys.at(command.revoke)?.kid : undefined;
    if (kid === undefined) return this.write(this.planned(fresh), crashAfter);
    // Between a revocation and the next fetch logins may fail: that is what an emergency costs.
    // So may they where no key signs yet and the revoked one was already fetched: its successor does not wait, because
    // until it signs there are no logins at all.
    const signer = signerAt(this.ring, 'RS256', this.now)?.kid ?? kid;
    if (signer === kid) this.emergencyUntil = this.now + times.fetchMs;
    this.write(revocation(this.ring, kid, fresh, this.now), crashAfter);
  }

  /** Time goes on: what can go wrong does so around a switch, at the latest fetch of the gatekeeper, or at the end. */
  wait(ms: number): void {
    const end = this.now + ms;
    const switches = this.ring.keys.flatMap(({ signsFrom = 0 }) => [signsFrom - 1, signsFrom]);
    const fetches: number[] = [];
    for (let at = this.fetched.at + times.fetchMs; at <= end; at += times.fetchMs) fetches.push(at);
    const moments = [...switches, ...fetches, end].filter((at) => at > this.now && at <= end);
    for (const at of moments.toSorted((one, other) => one - other)) {
      this.now = at;
      if (at - this.fetched.at >= times.fetchMs) this.fetch();
      this.mint();
      this.check();
    }
  }

  fetch(): void {
    this.fetched = { kids: kidsOf(this.keySet), at: this.now };
  }

  mint(): void {
    const signer = signerAt(this.ring, 'RS256', this.now);
    if (signer) this.tokens.push({ kid: signer.kid, expiresAt: this.now + longestLifeMs });
  }

  /** @throws {Error} that says which rule is broken; `expect` is too slow for so many looks */
  check(): void {
    const { ring, now } = this;
    const revoked = ring.revoked.map(({ kid }) => kid);
    const shown = kidsOf(this.keySet);
    const signing = ring.keys.filter((one) => stateOf(ring, one, now, times.retainMs) === 'signing');
    const bootstrapped = ring.keys.some(({ signsFrom }) => signsFrom !== undefined);
    must(signing.length === (bootstrapped ? 1 : 0), `${signing.length} keys sign`);
    for (const { kid } of signing) {
      must(signerAt(ring, 'RS256', now)?.kid === kid, 'another key signs than is said to');
      must(shown.includes(kid), 'the signing key is not published');
      must(!revoked.includes(kid), 'a revoked key signs');
      const known = this.fetched.kids.length === 0 || this.fetched.kids.includes(kid);
      must(known || now <= this.emergencyUntil, 'the gatekeeper does not know the signing key');
    }
    this.tokens = this.tokens.filter(({ expiresAt }) => expiresAt > now);
    for (const { kid } of this.tokens) {
      must(revoked.includes(kid) || shown.includes(kid), 'a key has gone before its last token');
    }
  }

  private planned(fresh: NewKey): readonly KeyRing[] {
    try {
      return rotation(this.ring, fresh, this.now, times);
    } catch {
      return [];
    }
  }

  private write(rings: readonly KeyRing[], crashAfter: number): void {
    let before = this.ring;
    const writes: RingWrite[] = rings.flatMap((after) => {
      const ordered = writesOf(before, after);
      before = after;
      return ordered;
    });
    for (const write of writes.slice(0, crashAfter)) {
      if (write.file === 'ring') this.ring = write.ring;
      else this.keySet = write.keySet;
      this.check();
    }
  }
}

describe('the life of a ring, whatever is done and wherever it breaks off', () => {
  const command = fc.oneof(
    { weight: 6, arbitrary: fc.constant('rotate' as const) },
    { weight: 1, arbitrary: fc.record({ revoke: fc.nat(3) }) },
  );
  const act = fc.oneof(
    fc.record({ command, crashAfter: fc.oneof({ weight: 3, arbitrary: fc.constant(99) }, fc.nat(6)) }),
    fc.record({ waitMs: fc.integer({ min: 0, max: 60 * HOUR }) }),
    fc.record({ waitMs: fc.integer({ min: 0, max: 2 * HOUR }) }),
    fc.record({ waitMs: fc.constantFrom(times.fetchMs, longestLifeMs - 1, longestLifeMs, times.retainMs) }),
    fc.constant('fetch' as const),
  );

  it('has one signer, known to the gatekeeper, and keeps a key until its last token has expired', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const deployment = new Deployment();
        for (const one of acts) {
          if (one === 'fetch') deployment.fetch();
          else if ('waitMs' in one) deployment.wait(one.waitMs);
          else deployment.run(one.command, one.crashAfter);
        }
        KeyRing.parse(deployment.ring);
      }),
      { numRuns: 3_000 },
    );
  });

  it('does not wait where the first key is revoked after its publication broke off: nothing else signs', () => {
    const deployment = new Deployment();
    deployment.run('rotate', 3);
    deployment.fetch();
    deployment.run({ revoke: 0 }, 99);
    deployment.run('rotate', 99);
    expect(statesOf(deployment.ring, deployment.now)).toEqual({ k3: 'signing' });
  });

  it('shows, once all is written, exactly the keys of the ring', () => {
    const ring = last(rotation(emptyRing, key('a'), 0, times));
    const planned = last(rotation(ring, key('b'), 0, times));
    const writes = writesOf(planned, last(revocation(planned, 'b', key('c'), 1)));
    expect(writes.map((write) => ('keySet' in write ? kidsOf(write.keySet) : 'ring'))).toEqual([
      ['a', 'b'],
      'ring',
      ['a'],
    ]);
    expect(retiredFrom(planned, planned.keys[0] as (typeof planned.keys)[0])).toBe(times.fetchMs);
  });
});
