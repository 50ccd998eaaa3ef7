import { createPublicKey, type KeyObject } from 'node:crypto';
import type { RingKey, TokenAlgorithm } from '../key-ring/key-ring.js';

/** How node:crypto signs and verifies a JWS of the algorithm. */
export function signatureOf(
  algorithm: TokenAlgorithm,
  key: KeyObject,
): { readonly digest: 'sha256' | null; readonly key: { key: KeyObject; dsaEncoding?: 'ieee-p1363' } } {
  if (algorithm === 'EdDSA') return { digest: null, key: { key } };
  return { digest: 'sha256', key: { key, ...(algorithm === 'ES256' && { dsaEncoding: 'ieee-p1363' }) } };
}

/** @throws {TypeError} when it is no public JWK */
export function publicKeyOf({ publicJwk }: Pick<RingKey, 'publicJwk'>): KeyObject {
  try {
    return createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  } catch {
    throw new TypeError('a key of the ring has no usable public part');
  }
}
