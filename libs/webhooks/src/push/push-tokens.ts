import { verify as verifySignature, type KeyObject } from 'node:crypto';
import { webhooksErrors } from '@causeway/contracts/webhooks';
import { AppError, type Egress } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import { goodUntilMs } from '../tokens/claims.js';
import { parseCompactJws, type CompactJws } from '../tokens/compact-jws.js';
import { VerificationKeys } from '../tokens/verification-keys.js';
import { digestOf, VerifiedBearers } from './verified-bearers.js';

/**
 * Verifies that a call was signed by the gatekeeper, for this service, and not long ago. What a token's header says of
 * keys (`jku`, `x5u`, `jwk`, `x5c`) is never followed (RFC 8725, 3.10): keys come from the profile's address alone.
 */
export class PushTokens {
  readonly #keys: VerificationKeys;
  #verified: VerifiedBearers;

  /** @param onFetched told of each reading of the gatekeeper's keys: whether it brought a usable set */
  constructor(
    private readonly push: GatekeeperProfile['push'],
    egress: Egress,
    private readonly clock: Clock,
    onFetched: (good: boolean) => void,
  ) {
    this.#verified = new VerifiedBearers(clock);
    this.#keys = new VerificationKeys({
      url: push.jwksUrl,
      egress,
      clock,
      onFetched: (good) => {
        if (good) this.#verified = new VerifiedBearers(clock);
        onFetched(good);
      },
    });
  }

  /**
   * Resolves when the token is one to believe; the same one is verified once.
   * @throws {AppError} `push_unauthorized`; `unavailable` when the gatekeeper's keys were never read
   */
  async verify(token: string): Promise<void> {
    if (token.length > limits.accessTokenBytes.value) throw unauthorized();
    // Of before the verification: keys that are read meanwhile must not find in theirs what older ones let in.
    const verified = this.#verified;
    const digest = digestOf(token);
    if (!verified.has(digest)) verified.add(digest, await this.#goodUntilMs(token));
  }

  async #goodUntilMs(token: string): Promise<number> {
    try {
      const jws = parseCompactJws(token);
      const kid = keyIdOf(jws);
      const known = this.#keys.known(kid);
      // Not awaited when it need not be: most calls are verified in one turn.
      const key = known ?? (await this.#keys.find(kid));
      const { issuer, audience } = this.push;
      if (!isSignedBy(jws, key)) throw unauthorized();
      const untilMs = goodUntilMs(jws.payload(), { issuer, audience }, this.clock.now());
      if (untilMs === undefined) throw unauthorized();
      return untilMs;
    } catch (error) {
      throw error instanceof AppError ? error : unauthorized(error);
    }
  }
}

/**
 * The id of the key that the header names. RS256 alone is believed (RFC 8725, 3.1), and no header that changes what was
 * signed or wants to be understood (RFC 7515, 4.1.11; RFC 7797).
 */
function keyIdOf({ header: { alg, kid, crit, b64 } }: CompactJws): string | undefined {
  if (alg !== 'RS256' || crit !== undefined || b64 !== undefined) throw unauthorized();
  if (kid !== undefined && typeof kid !== 'string') throw unauthorized();
  return kid;
}

/** PKCS #1 v1.5 with SHA-256 (RFC 7518, 3.3), which Node takes by default with RSA keys. */
function isSignedBy({ signed, signature }: CompactJws, key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && verifySignature('sha256', signed, key, signature);
}

function unauthorized(cause?: unknown): AppError {
  const { code, status, meaning } = webhooksErrors.push_unauthorized;
  return new AppError(code, status, meaning, { cause });
}
