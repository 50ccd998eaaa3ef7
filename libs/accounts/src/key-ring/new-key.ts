import { createPublicKey, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { KeyRingError } from './key-ring.errors.js';
import type { RingKey, TokenAlgorithm } from './key-ring.js';

/** A key before it is in a ring. */
export type NewKey = Pick<RingKey, 'kid' | 'algorithm' | 'publicJwk' | 'privateJwk'>;

const MODULUS_BITS = 2048;
const publicMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'];

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

/** @param now its id begins with the day, so that people can tell keys apart */
export async function createKey(algorithm: TokenAlgorithm, now: number): Promise<NewKey> {
  const pair = await generateFor(algorithm);
  const kid = `${new Date(now).toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as RingKey['publicJwk'];
  return { kid, algorithm, publicJwk: jwk(pair.publicKey), privateJwk: jwk(pair.privateKey) };
}

/**
 * A key whose private part a remote signer has.
 * @param jwk its public JWK, with the `kid` by which the signer knows it
 * @throws {KeyRingError} `key_unusable`
 */
export function remoteKey(jwk: Readonly<Record<string, unknown>>): NewKey {
  const { kid } = jwk;
  if (typeof kid !== 'string' || !/^[A-Za-z0-9._-]{1,128}$/.test(kid))
    throw new KeyRingError('key_unusable', 'it has no kid');
  const given = Object.fromEntries(Object.entries(jwk).filter(([member]) => publicMembers.includes(member)));
  let key: KeyObject;
  try {
    key = createPublicKey({ key: given, format: 'jwk' });
  } catch {
    throw new KeyRingError('key_unusable', 'it is no public JWK');
  }
  const algorithm = algorithmOf(key);
  if (algorithm === undefined)
    throw new KeyRingError('key_unusable', 'RSA of 2048 bits or more, P-256 and Ed25519 are');
  return { kid, algorithm, publicJwk: given as RingKey['publicJwk'] };
}

/** @returns the algorithm whose tokens a key signs or verifies; RSA needs 2,048 bits (RFC 7518, 3.3) */
export function algorithmOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): TokenAlgorithm | undefined {
  if (asymmetricKeyType === 'rsa') {
    return (asymmetricKeyDetails?.modulusLength ?? 0) >= MODULUS_BITS ? 'RS256' : undefined;
  }
  if (asymmetricKeyType === 'ec')
    return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
  return asymmetricKeyType === 'ed25519' ? 'EdDSA' : undefined;
}

function generateFor(algorithm: TokenAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  if (algorithm === 'RS256') return generate('rsa', { modulusLength: MODULUS_BITS });
  if (algorithm === 'ES256') return generate('ec', { namedCurve: 'P-256' });
  return generate('ed25519', {});
}
