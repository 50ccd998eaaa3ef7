import { webhooksErrors } from '@causeway/contracts/webhooks';
import { AppError, RemoteKeySet, type Egress } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import type { Logger } from '@causeway/telemetry';
import { jwtVerify } from 'jose';

/** The annex's tokens live for an hour; an older one is not believed, whatever expiry it states. */
const MAX_AGE_SECONDS = 3_600;

/** Verifies that a call was signed by the gatekeeper, for this service, and not long ago. */
export class PushTokens {
  readonly #keys: RemoteKeySet;

  constructor(
    private readonly push: GatekeeperProfile['push'],
    egress: Egress,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    const onFetched = (good: boolean) => {
      if (!good) logger.warn({}, 'the gatekeeper’s keys cannot be read; the last good ones stay in use');
    };
    this.#keys = new RemoteKeySet({ url: push.jwksUrl, egress, clock, onFetched });
  }

  /** @throws {AppError} `push_unauthorized`; `unavailable` when the gatekeeper's keys were never read */
  async verify(token: string): Promise<void> {
    if (token.length > limits.accessTokenBytes.value) throw unauthorized();
    try {
      await jwtVerify(token, this.#keys.find, {
        algorithms: ['RS256'],
        issuer: this.push.issuer,
        audience: this.push.audience,
        requiredClaims: ['exp', 'iat'],
        maxTokenAge: MAX_AGE_SECONDS,
        clockTolerance: limits.tokenClockToleranceSeconds.value,
        currentDate: new Date(this.clock.now()),
      });
    } catch (error) {
      throw error instanceof AppError ? error : unauthorized(error);
    }
  }
}

function unauthorized(cause?: unknown): AppError {
  const { code, status, meaning } = webhooksErrors.push_unauthorized;
  return new AppError(code, status, meaning, { cause });
}
