import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { RelayError } from './relay-error.js';

const KEY_BYTES = 32;

/** A key pair made for one connection; the private half never leaves the process. */
export interface RelayKeyPair {
  readonly privateKey: KeyObject;
  /** Raw X25519 public key, 32 bytes in base64. */
  readonly publicKey: string;
}

/** @returns a fresh X25519 key pair for one connection. */
export function createRelayKey(): RelayKeyPair {
  const pair = generateKeyPairSync('x25519');
  const jwk = pair.publicKey.export({ format: 'jwk' });
  return {
    privateKey: pair.privateKey,
    publicKey: Buffer.from(String(jwk.x), 'base64url').toString('base64'),
  };
}

/**
 * @param publicKey raw X25519 public key in base64
 * @throws {RelayError} `relay_key_invalid` when it is not 32 bytes.
 */
export function importRelayKey(publicKey: string): KeyObject {
  const raw = Buffer.from(publicKey, 'base64');
  if (raw.length !== KEY_BYTES) throw new RelayError('relay_key_invalid');
  return createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
}
