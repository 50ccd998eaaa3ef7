import { randomBytes } from 'node:crypto';
import { RingKeyWrap, WrappingKeys } from '../wrapping-keys.js';
import type { WrappingRing } from '../wrapping-ring.js';

/** @returns a ring of new keys with these ids; each wraps from a millisecond later than the one before */
export function createWrappingRing(...ids: readonly string[]): WrappingRing {
  const keys = (ids.length === 0 ? ['1'] : ids).map((id, index) => ({
    id,
    key: randomBytes(32).toString('base64'),
    createdAt: index,
    wrapsFrom: index,
  }));
  return { version: 1, keys };
}

/** @returns a ring at work */
export function keyWrapOf(ring: WrappingRing = createWrappingRing()): RingKeyWrap {
  const keys = new WrappingKeys(ring);
  return new RingKeyWrap(() => keys, Date.now);
}
