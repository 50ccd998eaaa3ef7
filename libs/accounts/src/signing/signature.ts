import { createPublicKey, type KeyObject } from 'node:crypto';
import type { RingKey, TokenAlgorithm } from '../key-ring/key-ring.js';

/** What node:crypto is given to sign or verify. */
export interface SignatureForm {
  readonly digest: 'sha256' | null;
  readonly key: KeyObject | { readonly key: KeyObject; readonly dsaEncoding: 'ieee-p1363' };
}

/** How node:crypto signs and verifies a JWS of the algorithm. It takes a bare key much faster than one with options. */
export function signatureOf(algorithm: TokenAlgorithm, key: KeyObject): SignatureForm {
  if (algorithm === 'EdDSA') return { digest: null, key };
  return { digest: 'sha256', key: algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key };
}

/** @throws {TypeError} when it is no public JWK */
export function publicKeyOf({ publicJwk }: Pick<RingKey, 'publicJwk'>): KeyObject {
  try {
    return createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  } catch {
    throw new TypeError('a key of the ring has no usable public part');
  }
}
