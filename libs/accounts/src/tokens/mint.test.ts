import { generateKeyPairSync } from 'node:crypto';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { mintToken, TokenTooLong } from './mint.js';
import { AlgorithmUnsupported, checkAlgorithms, LocalSigner } from './signing-key.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const signer = new LocalSigner({ ...pair.privateKey.export({ format: 'jwk' }), kty: 'RSA', kid: 'k1' });
const profile = {
  issuer: 'https://provider.example',
  audience: 'gatekeeper',
  algorithm: 'RS256',
  lifetimeSeconds: 300,
  subjectClaim: 'sub',
  maxBytes: 4096,
} as const;
const nowMs = 1_750_000_000_499;
const noisePublicKey = new Uint8Array(32).fill(9);
const login = { identifier: 'alice@example.org', noisePublicKey, purpose: 'login' } as const;

async function verify(token: string, claims: object = {}) {
  const key = await importJWK(pair.publicKey.export({ format: 'jwk' }), 'RS256');
  return jwtVerify(token, key, {
    algorithms: ['RS256'],
    issuer: profile.issuer,
    audience: profile.audience,
    currentDate: new Date(nowMs),
    ...claims,
  });
}

describe('mintToken', () => {
  it('makes a token that another library verifies, bound to user and Noise key', async () => {
    const { token, expiresAt } = await mintToken(signer, profile, login, nowMs);
    const { payload } = await verify(token);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: 'k1', typ: 'JWT' });
    expect(payload).toEqual({
      iss: profile.issuer,
      aud: profile.audience,
      sub: 'alice@example.org',
      iat: 1_750_000_000,
      exp: 1_750_000_300,
      cnf: { kid: Buffer.from(noisePublicKey).toString('base64url') },
    });
    expect(expiresAt).toBe(1_750_000_300_000);
  });

  it('marks a token for deletion, and puts the identifier where the profile wants it', async () => {
    const own = { ...profile, subjectClaim: 'user_id' };
    const { token } = await mintToken(signer, own, { ...login, purpose: 'deletion' }, nowMs);
    const { payload } = await verify(token);
    expect(payload).toMatchObject({ user_id: 'alice@example.org', purpose: 'deletion' });
    expect(payload.sub).toBeUndefined();
  });

  it('refuses to make a token that the gatekeeper would not take', async () => {
    const { token } = await mintToken(signer, profile, login, nowMs);
    const exact = { ...profile, maxBytes: token.length };
    await expect(mintToken(signer, exact, login, nowMs)).resolves.toBeDefined();
    const short = { ...profile, maxBytes: token.length - 1 };
    await expect(mintToken(signer, short, login, nowMs)).rejects.toThrow(TokenTooLong);
  });
});

describe('LocalSigner', () => {
  it.each([
    ['a public key', pair.publicKey.export({ format: 'jwk' })],
    ['a short key', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' })],
    ['another kind of key', generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })],
    ['nothing', {}],
  ])('refuses %s, and does not quote it', (_name, jwk) => {
    expect(() => new LocalSigner({ ...jwk, kid: 'k', kty: 'RSA' })).toThrow(/^the signing key /);
  });
});

describe('checkAlgorithms', () => {
  it('refuses a profile whose tokens our key cannot make', () => {
    expect(() => checkAlgorithms(signer, [{ id: 'a', token: profile }])).not.toThrow();
    const other = { ...profile, algorithm: 'ES256' } as const;
    expect(() => checkAlgorithms(signer, [{ id: 'a', token: other }])).toThrow(AlgorithmUnsupported);
  });
});
