import type { TokenSigner } from './signing-key.js';
import type { TokenProfile } from './token-profile.js';

/** A minted token is longer than the gatekeeper accepts. */
export class TokenTooLong extends Error {
  override readonly name = 'TokenTooLong';
  readonly code = 'token_too_long';
}

/** Whom a token is for, and what for. */
export interface TokenSubject {
  /** The user-visible identifier in canonical form. */
  readonly identifier: string;
  /** The enlisted Noise key, 32 bytes: only who holds it can log in with the token. */
  readonly noisePublicKey: Uint8Array;
  readonly purpose: 'login' | 'deletion';
}

/**
 * Mints a user token (JWS compact, RFC 7515) for the gatekeeper.
 * @param nowMs milliseconds since 1970
 * @throws {TokenTooLong} when it is longer than the profile allows
 */
export async function mintToken(
  signer: TokenSigner,
  profile: TokenProfile,
  subject: TokenSubject,
  nowMs: number,
): Promise<{ token: string; expiresAt: number }> {
  const issuedAt = Math.floor(nowMs / 1000);
  const expires = issuedAt + profile.lifetimeSeconds;
  const claims = {
    iss: profile.issuer,
    aud: profile.audience,
    [profile.subjectClaim]: subject.identifier,
    iat: issuedAt,
    exp: expires,
    cnf: { kid: Buffer.from(subject.noisePublicKey).toString('base64url') },
    ...(subject.purpose === 'deletion' && { purpose: 'deletion' }),
  };
  const header = { alg: signer.algorithm, kid: signer.keyId, typ: 'JWT' };
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = Buffer.from(await signer.sign(Buffer.from(input))).toString('base64url');
  const token = `${input}.${signature}`;
  if (Buffer.byteLength(token) > profile.maxBytes) throw new TokenTooLong();
  return { token, expiresAt: expires * 1000 };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
