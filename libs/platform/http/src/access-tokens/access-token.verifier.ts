import { createHash } from 'node:crypto';
import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { Egress } from '../egress/egress.js';
import { AppError } from '../errors/app-error.js';
import { httpError } from '../errors/http-error.js';
import { callerClaims, type Caller } from './caller.js';
import { RemoteKeySet } from './key-set.js';

export interface AccessTokenOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** Must allow the host of `jwksUrl`. */
  readonly egress: Egress;
  readonly logger: Logger;
  readonly clock?: Clock;
}

const algorithms = ['RS256', 'ES256', 'EdDSA'];
const types = new Set([undefined, 'jwt', 'at+jwt']);
const maxSubjectCharacters = 255;

/** Verifies access tokens of the provider's identity provider. */
export class AccessTokenVerifier {
  private readonly keySet: RemoteKeySet;
  private readonly clock: Clock;

  constructor(private readonly options: AccessTokenOptions) {
    this.clock = options.clock ?? systemClock;
    const { logger, egress, jwksUrl: url } = options;
    const onFetched = (good: boolean): void => {
      if (!good)
        logger.warn(
          {},
          'the key set of the identity provider cannot be read; the last good one stays in use',
        );
    };
    this.keySet = new RemoteKeySet({ url, egress, clock: this.clock, onFetched });
  }

  /**
   * @throws AppError `unauthenticated` for every token that is not acceptable, `token_expired` for one that was,
   *   `unavailable` when the issuer's keys were never read
   */
  async verify(token: string): Promise<Caller> {
    if (token.length > limits.accessTokenBytes.value) throw httpError('unauthenticated');
    const payload = await this.checkedPayload(token);
    const { sub, exp } = payload;
    const known = typeof sub === 'string' && sub !== '' && sub.length <= maxSubjectCharacters;
    if (!known || exp === undefined) throw httpError('unauthenticated');
    return {
      subjectHash: createHash('sha256').update(`${this.options.issuer}\n${sub}`).digest(),
      claims: callerClaims.parse(payload),
      expiresAt: exp * 1_000,
    };
  }

  private async checkedPayload(token: string): Promise<JWTPayload> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.keySet.find, {
        algorithms,
        issuer: this.options.issuer,
        audience: this.options.audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: limits.tokenClockToleranceSeconds.value,
        currentDate: new Date(this.clock.now()),
      });
      if (!types.has(protectedHeader.typ?.toLowerCase())) throw httpError('unauthenticated');
      return payload;
    } catch (err) {
      if (err instanceof AppError) throw err;
      throw httpError(err instanceof errors.JWTExpired ? 'token_expired' : 'unauthenticated', { cause: err });
    }
  }
}
