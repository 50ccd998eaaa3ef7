import { hash } from 'node:crypto';
import type { TokenSigner } from '../signing/token-signer.js';
import type { TokenProfile } from './token-profile.js';

/** What a token is for; a gatekeeper sees a difference between them only where it looks at the claim `purpose`. */
export type TokenPurpose = 'login' | 'enlistment' | 'deletion';

/** A token that a gatekeeper would take, and until when; milliseconds since 1970. */
export interface MintedToken {
  readonly token: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The `kid` of the key that signed it. */
  readonly keyId: string;
}

/** A minted token is longer than the gatekeeper accepts. */
export class TokenTooLong extends Error {
  override readonly name = 'TokenTooLong';
  readonly code = 'token_too_long';
}

/** Whom a token is for, and what for. */
export interface TokenSubject {
  /** The user-visible identifier in canonical form. */
  readonly identifier: string;
  /** The device's Noise key (authkey), 32 bytes: the gatekeeper lets in only who holds it. */
  readonly noisePublicKey: Uint8Array;
  readonly purpose: TokenPurpose;
}

/**
 * Mints a user token (JWS compact, RFC 7515; claims as docs/token-profile.md lists them).
 * @param nowMs milliseconds since 1970
 * @throws {TokenTooLong} when it is longer than the profile allows
 * @throws {SignerError}
 */
export async function mintToken(
  signer: TokenSigner,
  profile: TokenProfile,
  subject: TokenSubject,
  nowMs: number,
): Promise<MintedToken> {
  const issuedAt = Math.floor(nowMs / 1000);
  const expires = issuedAt + profile.lifetimeSeconds;
  const claims = {
    iss: profile.issuer,
    aud: profile.audience,
    [profile.subjectClaim]: subject.identifier,
    iat: issuedAt,
    exp: expires,
    ...(profile.confirmation === 'jkt' && { cnf: { jkt: thumbprintOf(subject.noisePublicKey) } }),
    ...(subject.purpose !== 'login' && { purpose: subject.purpose }),
  };
  const input = `${headerOf(signer)}.${encode(claims)}`;
  const signature = await signer.sign(Buffer.from(input, 'latin1'));
  const token = `${input}.${base64url(signature)}`;
  if (token.length > profile.maxBytes) throw new TokenTooLong();
  return { token, issuedAt: issuedAt * 1000, expiresAt: expires * 1000, keyId: signer.keyId };
}

/** The thumbprint of an X25519 key as a JWK (RFC 7638 with the members of RFC 8037, 2). */
function thumbprintOf(publicKey: Uint8Array): string {
  return hash('sha256', `{"crv":"X25519","kty":"OKP","x":"${base64url(publicKey)}"}`, 'base64url');
}

const headers = new WeakMap<TokenSigner, string>();

/** The same for every token of a key, and a good part of what a token costs beside its signature. */
function headerOf(signer: TokenSigner): string {
  let header = headers.get(signer);
  if (header === undefined) {
    header = encode({ alg: signer.algorithm, kid: signer.keyId, typ: 'JWT' });
    headers.set(signer, header);
  }
  return header;
}

function base64url({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64url');
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
