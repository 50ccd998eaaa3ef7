import { KeyRingError } from './key-ring.errors.js';
import {
  keySetOf,
  MAX_RING_KEYS,
  MAX_REVOKED_KEYS,
  signerAt,
  stateOf,
  type KeyRing,
  type KeySet,
  type RingKey,
  type TokenAlgorithm,
} from './key-ring.js';
import type { NewKey } from './new-key.js';

/** How long keys are kept apart from each other; milliseconds. */
export interface RotationTimes {
  /** The longest that a gatekeeper works with a key set before it fetches it again, mounts and caches included. */
  readonly fetchMs: number;
  /** The longest that a token may be used after another key took over. */
  readonly retainMs: number;
}

/** One atomic replacement of a file. */
export type RingWrite =
  { readonly file: 'ring'; readonly ring: KeyRing } | { readonly file: 'keySet'; readonly keySet: KeySet };

/** @returns the key that will take over from the one that signs: it waits for its time, or was only created. */
export function successorOf({ keys }: KeyRing, algorithm: TokenAlgorithm, now: number): RingKey | undefined {
  return keys.find((key) => key.algorithm === algorithm && (key.signsFrom ?? Infinity) > now);
}

/** @returns the ring without the keys whose last token has expired. */
export function tidied(ring: KeyRing, now: number, { retainMs }: RotationTimes): KeyRing {
  return { ...ring, keys: ring.keys.filter((key) => stateOf(ring, key, now, retainMs) !== 'removed') };
}

/**
 * One rotation: the new key is created, then published, and signs once every gatekeeper has fetched it. A rotation that
 * broke off is taken up again; one that waits for its time is left alone.
 * @param newKey used where no successor is under way
 * @returns the rings to be written, one after the other
 * @throws {KeyRingError} `key_ring_full`, `key_known`
 */
export function rotation(
  ring: KeyRing,
  newKey: NewKey,
  now: number,
  times: RotationTimes,
): readonly KeyRing[] {
  const clean = tidied(ring, now, times);
  const successor = successorOf(clean, newKey.algorithm, now);
  if (successor?.publishedAt !== undefined) return [clean];
  // One place is kept for the successor of a key that is revoked.
  if (clean.keys.length >= MAX_RING_KEYS - 1) throw new KeyRingError('key_ring_full');
  const withNew = successor === undefined ? withKey(clean, newKey, now) : clean;
  return [withNew, published(withNew, now, times)];
}

/**
 * Takes a key out for good. Where it signed, its successor takes over at once, whether the gatekeepers know it or not.
 * @param newKey used as the successor where none is under way
 * @returns the rings to be written, one after the other
 * @throws {KeyRingError} `key_unknown`, `key_known`
 */
export function revocation(ring: KeyRing, kid: string, newKey: NewKey, now: number): readonly KeyRing[] {
  const key = ring.keys.find((one) => one.kid === kid);
  if (key === undefined) throw new KeyRingError('key_unknown');
  if (signerAt(ring, key.algorithm, now) !== key) return [without(ring, key, now)];
  const known = successorOf(ring, key.algorithm, now);
  const prepared = known === undefined ? withKey(ring, newKey, now) : ring;
  const successor = successorOf(prepared, key.algorithm, now);
  const takeOver = (one: RingKey): RingKey =>
    one === successor ? { ...one, publishedAt: one.publishedAt ?? now, signsFrom: now } : one;
  const after = without(prepared, key, now);
  return [prepared, { ...after, keys: after.keys.map(takeOver) }];
}

/**
 * The order of writes that holds at every crash between two of them: what signs is published before, and what is not
 * published any more has ceased to sign before. It also mends what an earlier crash has left.
 */
export function writesOf(before: KeyRing, after: KeyRing): readonly RingWrite[] {
  const staying = new Set(after.keys.map(({ kid }) => kid));
  const leaving = before.keys.filter(({ kid }) => !staying.has(kid));
  const both = keySetOf({ keys: [...after.keys, ...leaving] });
  const writes: RingWrite[] = [
    { file: 'keySet', keySet: both },
    { file: 'ring', ring: after },
  ];
  return leaving.length === 0 ? writes : [...writes, { file: 'keySet', keySet: keySetOf(after) }];
}

function withKey(ring: KeyRing, key: NewKey, now: number): KeyRing {
  if ([...ring.keys, ...ring.revoked].some(({ kid }) => kid === key.kid)) throw new KeyRingError('key_known');
  return { ...ring, keys: [...ring.keys, { ...key, createdAt: now }] };
}

/** The first key of all signs at once: there is none that a gatekeeper could know. */
function published(ring: KeyRing, now: number, { fetchMs }: RotationTimes): KeyRing {
  const first = ring.keys.every(({ publishedAt }) => publishedAt === undefined);
  const signsFrom = first ? now : now + fetchMs;
  const publish = (key: RingKey): RingKey =>
    key.publishedAt === undefined ? { ...key, publishedAt: now, signsFrom } : key;
  return { ...ring, keys: ring.keys.map(publish) };
}

function without(ring: KeyRing, key: RingKey, now: number): KeyRing {
  const revoked = [...ring.revoked, { kid: key.kid, at: now }].slice(-MAX_REVOKED_KEYS);
  return { ...ring, keys: ring.keys.filter((one) => one !== key), revoked };
}
