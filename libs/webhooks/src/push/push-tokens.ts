import { webhooksErrors } from '@causeway/contracts/webhooks';
import { AppError, RemoteKeySet, type Egress } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import { jwtVerify, type JWTPayload } from 'jose';
import { VerifiedBearers } from './verified-bearers.js';

/** The annex's tokens live for an hour (1.3, push); an older one is not believed, whatever expiry it states. */
const MAX_AGE_SECONDS = 3_600;

/**
 * Verifies that a call was signed by the gatekeeper, for this service, and not long ago. What a token's header says of
 * keys (`jku`, `x5u`, `jwk`, `x5c`) is never followed (RFC 8725, 3.10): keys come from the profile's address alone.
 */
export class PushTokens {
  readonly #keys: RemoteKeySet;
  #verified: VerifiedBearers;

  /** @param onFetched told of each reading of the gatekeeper's keys: whether it brought a usable set */
  constructor(
    private readonly push: GatekeeperProfile['push'],
    egress: Egress,
    private readonly clock: Clock,
    onFetched: (good: boolean) => void,
  ) {
    this.#verified = new VerifiedBearers(clock);
    this.#keys = new RemoteKeySet({
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
    if (!verified.has(token)) verified.add(token, expiresAtMs(await this.#payload(token)));
  }

  async #payload(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.#keys.find, {
        algorithms: ['RS256'],
        issuer: this.push.issuer,
        audience: this.push.audience,
        requiredClaims: ['exp', 'iat'],
        maxTokenAge: MAX_AGE_SECONDS,
        clockTolerance: limits.tokenClockToleranceSeconds.value,
        currentDate: new Date(this.clock.now()),
      });
      return payload;
    } catch (error) {
      throw error instanceof AppError ? error : unauthorized(error);
    }
  }
}

/** Until when it is good by both of its times; whole seconds, as it was verified. */
function expiresAtMs({ exp = 0, iat = 0 }: JWTPayload): number {
  return (Math.min(exp, iat + MAX_AGE_SECONDS + 1) + limits.tokenClockToleranceSeconds.value) * 1_000;
}

function unauthorized(cause?: unknown): AppError {
  const { code, status, meaning } = webhooksErrors.push_unauthorized;
  return new AppError(code, status, meaning, { cause });
}
