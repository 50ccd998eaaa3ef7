import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from 'node:crypto';
import { NoiseError } from './noise-error.js';

export const keyBytes = 32;
// PKCS #8 wrapping of a raw X25519 private key (RFC 8410): everything before the 32 bytes.
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * Import a raw private key; the copy made here is overwritten, the caller's is not.
 *
 * @throws NoiseError `bad_key`
 */
export function importPrivateKey(raw: Uint8Array): KeyObject {
  if (raw.length !== keyBytes) throw new NoiseError('bad_key');
  const der = Buffer.concat([privatePrefix, raw]);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

export function rawPublicKey(key: KeyObject): Uint8Array {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new NoiseError('bad_key');
  return Uint8Array.from(Buffer.from(x, 'base64url'));
}

/**
 * X25519. The result is the caller's to overwrite.
 *
 * @throws NoiseError `bad_key` for a remote key that is not 32 bytes or gives the all-zero secret
 */
export function diffieHellmanRaw(privateKey: KeyObject, remotePublic: Uint8Array): Uint8Array {
  if (remotePublic.length !== keyBytes) throw new NoiseError('bad_key');
  const x = Buffer.from(remotePublic).toString('base64url');
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
    return diffieHellman({ privateKey, publicKey });
  } catch {
    throw new NoiseError('bad_key');
  }
}

/** 32 fresh bytes for a private key. */
export function randomPrivateKey(): Buffer {
  return randomBytes(keyBytes);
}
