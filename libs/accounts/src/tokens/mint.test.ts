import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { limits } from '@causeway/limits';
import { loadProfile, resolveProfile, type ProfileOverrides } from '@causeway/profiles';
import { FileSigner } from '../signing/file-signer.js';
import { mintToken, TokenTooLong } from './mint.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as { kty: 'RSA' };
const signer = new FileSigner({
  kid: 'k1',
  algorithm: 'RS256',
  publicJwk: jwk(pair.publicKey),
  privateJwk: jwk(pair.privateKey),
  createdAt: 0,
});
const profile = {
  issuer: 'https://provider.example',
  audience: 'gatekeeper',
  algorithm: 'RS256',
  lifetimeSeconds: 300,
  subjectClaim: 'sub',
  confirmation: 'jkt',
  maxBytes: 4096,
} as const;
const nowMs = 1_750_000_000_499;
const noisePublicKey = new Uint8Array(32).fill(9);
const x = Buffer.from(noisePublicKey).toString('base64url');
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
    const { token, issuedAt, expiresAt, keyId } = await mintToken(signer, profile, login, nowMs);
    const { payload } = await verify(token);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: 'k1', typ: 'JWT' });
    expect(payload).toEqual({
      iss: profile.issuer,
      aud: profile.audience,
      sub: 'alice@example.org',
      iat: 1_750_000_000,
      exp: 1_750_000_300,
      cnf: { jkt: await calculateJwkThumbprint({ kty: 'OKP', crv: 'X25519', x }) },
    });
    expect({ issuedAt, expiresAt, keyId }).toEqual({
      issuedAt: 1_750_000_000_000,
      expiresAt: 1_750_000_300_000,
      keyId: 'k1',
    });
  });

  it.each(['deletion', 'enlistment'] as const)('marks a token for %s', async (purpose) => {
    const { token } = await mintToken(signer, profile, { ...login, purpose }, nowMs);
    expect((await verify(token)).payload).toMatchObject({ purpose });
  });

  it('names no key for a gatekeeper that wants none', async () => {
    const { token } = await mintToken(signer, { ...profile, confirmation: 'none' }, login, nowMs);
    expect((await verify(token)).payload).not.toHaveProperty('cnf');
  });

  it('puts the identifier where the profile wants it', async () => {
    const own = { ...profile, subjectClaim: 'user_id' };
    const { token } = await mintToken(signer, own, login, nowMs);
    const { payload } = await verify(token);
    expect(payload).toMatchObject({ user_id: 'alice@example.org' });
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

describe('the bounds of a profile', async () => {
  const draft = await loadProfile(join(import.meta.dirname, '../../../../deploy/profiles/whatsapp.yaml'));
  const given = (token: ProfileOverrides['token']) => () =>
    resolveProfile({ ...draft, unset: [] }, { integrator: 1, token: { ...profile, ...token } });

  it('let no token outlive the time for which a retired key stays published', () => {
    const longest = limits.tokenKeyRetainMs.value / 1_000 - 600;
    expect(given({ lifetimeSeconds: longest })).toThrow(/^(?!.*lifetimeSeconds)/);
    expect(given({ lifetimeSeconds: longest + 1 })).toThrow('lifetimeSeconds');
  });

  it('let no token be longer than the enlistment form takes', () => {
    expect(given({ maxBytes: 4_096 })).toThrow(/^(?!.*maxBytes)/);
    expect(given({ maxBytes: 4_097 })).toThrow('maxBytes');
  });
});
