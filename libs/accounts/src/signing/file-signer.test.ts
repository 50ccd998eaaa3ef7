import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signerConformance } from '../fixtures/signer-conformance.js';
import type { RingKey } from '../key-ring/key-ring.js';
import { FileSigner } from './file-signer.js';

const withPrivate = (key: RingKey) => ({ ...key, privateJwk: key.privateJwk ?? { kty: 'RSA' as const } });

describe('a key in the ring’s file', () => {
  signerConformance(async () => ({
    signerOf: (key) => new FileSigner(withPrivate(key)),
    close: async () => undefined,
  }));

  const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as { kty: 'RSA' };
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const ring = { kid: 'k', algorithm: 'RS256', publicJwk: jwk(pair.publicKey), createdAt: 0 } as const;

  it.each([
    ['a public key', jwk(pair.publicKey), /^a key of the ring has no usable private part$/],
    ['a short key', jwk(short.privateKey), /^a key of the ring is not one of its algorithm$/],
    ['nothing', { kty: 'RSA' as const }, /^a key of the ring has no usable private part$/],
    ['another key', jwk(other.privateKey), /^the two parts of a key of the ring do not fit$/],
  ])('is refused when its private part is %s, without being quoted', (_what, privateJwk, message) => {
    expect(() => new FileSigner({ ...ring, privateJwk })).toThrow(message);
  });
});
