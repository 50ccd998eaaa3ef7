import { retiredFrom, stateOf, type KeyRing } from '@causeway/accounts/key-ring';
import { limits } from '@causeway/limits';
import { table } from '../output/table.js';

const retainMs = limits.tokenKeyRetainMs.value;

/** What may be told of a key: nothing private. Times as RFC 3339. */
export interface KeyReport {
  readonly kid: string;
  readonly algorithm: string;
  readonly state: string;
  /** Whether a remote signer has the private part. */
  readonly remote: boolean;
  readonly createdAt: string;
  readonly publishedAt?: string;
  readonly signsFrom?: string;
  readonly retiredFrom?: string;
  /** From when on the next `rotate` removes it. */
  readonly removableFrom?: string;
}

export interface RingReport {
  readonly keys: readonly KeyReport[];
  readonly revoked: readonly { readonly kid: string; readonly at: string }[];
}

/** @param now milliseconds since 1970 */
export function reportOf(ring: KeyRing, now: number): RingReport {
  return {
    keys: ring.keys.map((key) => {
      const retired = retiredFrom(ring, key);
      return {
        kid: key.kid,
        algorithm: key.algorithm,
        state: stateOf(ring, key, now, retainMs),
        remote: key.privateJwk === undefined,
        createdAt: time(key.createdAt),
        ...(key.publishedAt !== undefined && { publishedAt: time(key.publishedAt) }),
        ...(key.signsFrom !== undefined && { signsFrom: time(key.signsFrom) }),
        ...(retired !== undefined && { retiredFrom: time(retired), removableFrom: time(retired + retainMs) }),
      };
    }),
    revoked: ring.revoked.map(({ kid, at }) => ({ kid, at: time(at) })),
  };
}

export function describeRing({ keys, revoked }: RingReport): string[] {
  if (keys.length === 0) return ['there are no keys yet: causeway keys rotate makes the first'];
  const rows = keys.map((key) => [
    key.kid,
    key.algorithm,
    key.state,
    key.remote ? 'remote' : 'file',
    next(key),
  ]);
  return [
    ...table([['key', 'algorithm', 'state', 'private part', 'what comes'], ...rows]),
    ...revoked.map(({ kid, at }) => `${kid} was revoked at ${at}`),
  ];
}

/** A key set that is not that of the ring is left by a command that was killed. */
export const keySetDiffers = 'the key set is not that of the ring: causeway keys rotate mends it';

function next({ state, signsFrom = '', retiredFrom, removableFrom = '' }: KeyReport): string {
  if (state === 'created') return 'the next rotate publishes it';
  if (state === 'published') return `signs from ${signsFrom}`;
  if (state === 'signing')
    return retiredFrom === undefined ? 'signs until the next rotation' : `signs until ${retiredFrom}`;
  return state === 'retired' ? `stays published until ${removableFrom}` : 'the next rotate removes it';
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
