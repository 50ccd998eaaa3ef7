import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { UpstreamError } from '../../upstream-error.js';
import type { ScramMechanism } from '../rfc6120-profile.js';
import { prepared } from './prepare.js';

const derive = promisify(pbkdf2);
const digests = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-1': 'sha1' } as const;
const digestBytes = { sha256: 32, sha1: 20 } as const;

/** No fewer than RFC 5802 and 7677 ask for: fewer would show a cheap verifier of the secret to a false server. */
export const minIterations = 4_096;
/** No more than a server in its right mind wants: each costs processor time on our side, before anybody is logged in. */
export const maxIterations = 200_000;
/** Longest message of the server. */
const maxMessage = 1_024;

/** No channel binding: it is not offered to the client by every TLS that it runs over. */
const gs2Header = 'n,,';

/**
 * The client's side of SCRAM (RFC 5802, RFC 7677): proves that it knows the secret without showing it, and demands the
 * same of the server. One instance serves one login.
 */
export class ScramClient {
  private readonly digest: 'sha256' | 'sha1';
  private readonly nonce: string;
  private firstBare = '';
  private serverSignature: Buffer | undefined;

  /** @param nonce printable, without a comma; random when absent */
  constructor(mechanism: ScramMechanism, nonce = randomBytes(24).toString('base64')) {
    this.digest = digests[mechanism];
    this.nonce = nonce;
  }

  /** @throws UpstreamError `login_bad_payload` for a name that no server takes */
  first(localpart: string): string {
    const name = prepared(localpart).replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.firstBare = `n=${name},r=${this.nonce}`;
    return gs2Header + this.firstBare;
  }

  /**
   * The answer to the server's challenge.
   *
   * @throws UpstreamError `handshake_failed` for a challenge that is out of turn, damaged, made for another login, or
   * that asks for too little or too much work; `login_bad_payload` for a secret that no server takes
   */
  async final(challenge: string, secret: string): Promise<string> {
    if (this.serverSignature !== undefined || challenge.length > maxMessage) throw refused();
    const { nonce, salt, iterations } = readChallenge(challenge);
    if (!nonce.startsWith(this.nonce) || nonce.length === this.nonce.length) throw refused();
    const withoutProof = `c=${Buffer.from(gs2Header).toString('base64')},r=${nonce}`;
    const message = `${this.firstBare},${challenge},${withoutProof}`;
    const salted = await derive(prepared(secret), salt, iterations, digestBytes[this.digest], this.digest);
    const clientKey = this.hmac(salted, 'Client Key');
    const storedKey = createHash(this.digest).update(clientKey).digest();
    const signature = this.hmac(storedKey, message);
    this.serverSignature = this.hmac(this.hmac(salted, 'Server Key'), message);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
    salted.fill(0);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /**
   * Whether a success comes from a server that knows the account, too.
   *
   * @throws UpstreamError `server_not_authentic`
   */
  verify(success: string): void {
    const expected = this.serverSignature;
    const given = Buffer.from(/^v=([A-Za-z0-9+/]+={0,2})$/.exec(success)?.[1] ?? '', 'base64');
    if (expected === undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new UpstreamError('server_not_authentic');
    }
  }

  private hmac(key: Uint8Array, text: string): Buffer {
    return createHmac(this.digest, key).update(text).digest();
  }
}

function refused(): UpstreamError {
  return new UpstreamError('handshake_failed');
}

/** `r=…,s=…,i=…`; extensions that must be understood (`m=`) are refused, others passed over. */
function readChallenge(challenge: string): { nonce: string; salt: Buffer; iterations: number } {
  const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,6})(?:,|$)/.exec(
    challenge,
  );
  if (match === null) throw refused();
  const [, nonce = '', salt = '', count = ''] = match;
  const iterations = Number(count);
  if (iterations < minIterations || iterations > maxIterations) throw refused();
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations };
}
