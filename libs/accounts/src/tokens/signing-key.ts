import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { GatekeeperProfile } from '@causeway/profiles';

const signAsync = promisify<string, Buffer, KeyObject, Buffer>(sign);
const MIN_MODULUS_BITS = 2048;

/** Signs user tokens; the private key may be in a file or with a remote signer. */
export interface TokenSigner {
  readonly algorithm: 'RS256';
  readonly keyId: string;
  sign(input: Uint8Array): Promise<Uint8Array>;
}

/** A gatekeeper wants tokens of another algorithm than our key's. */
export class AlgorithmUnsupported extends Error {
  override readonly name = 'AlgorithmUnsupported';
  readonly code = 'token_algorithm_unsupported';
}

/** Told at start rather than at the first token. @throws {AlgorithmUnsupported} naming the profile */
export function checkAlgorithms(
  signer: TokenSigner,
  profiles: Iterable<Pick<GatekeeperProfile, 'id' | 'token'>>,
): void {
  for (const { id, token } of profiles) {
    if (token.algorithm === signer.algorithm) continue;
    throw new AlgorithmUnsupported(
      `profile ${id} wants ${token.algorithm}, and the signing key makes ${signer.algorithm}`,
    );
  }
}

/** RSA private key as the settings give it. */
export interface SigningJwk {
  readonly kty: 'RSA';
  readonly kid: string;
  readonly [member: string]: unknown;
}

/** Signs with a key from a mounted file. */
export class LocalSigner implements TokenSigner {
  readonly algorithm = 'RS256';
  readonly keyId: string;
  readonly #key: KeyObject;

  /** @throws {TypeError} when the JWK is not an RSA private key of at least 2,048 bits (RFC 7518, 3.3) */
  constructor(jwk: SigningJwk) {
    this.#key = readKey(jwk);
    this.keyId = jwk.kid;
  }

  sign(input: Uint8Array): Promise<Uint8Array> {
    return signAsync('sha256', Buffer.from(input), this.#key);
  }
}

/** Signs with whatever key is in use at the moment of signing. */
export class ReplaceableSigner implements TokenSigner {
  readonly algorithm = 'RS256';

  constructor(private readonly live: { readonly current: TokenSigner }) {}

  get keyId(): string {
    return this.live.current.keyId;
  }

  sign(input: Uint8Array): Promise<Uint8Array> {
    return this.live.current.sign(input);
  }
}

function readKey(jwk: SigningJwk): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    // The parser's own message may quote a part of the key.
    throw new TypeError('the signing key is not a private RSA key');
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_MODULUS_BITS) throw new TypeError(`the signing key has less than ${MIN_MODULUS_BITS} bits`);
  return key;
}
