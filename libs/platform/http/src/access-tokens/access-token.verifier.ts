import { createHash } from 'node:crypto';
import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { Egress } from '../egress/egress.js';
import { AppError } from '../errors/app-error.js';
import { httpError } from '../errors/http-error.js';
import { clientName, rightsIn, type Backend } from './backend.js';
import { callerClaims, type Caller } from './caller.js';
import { RemoteKeySet } from './key-set.js';

export interface AccessTokenOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** Claim that holds the rights of the provider's backend; `scope` by default. */
  readonly rightsClaim?: string;
  /** Must allow the host of `jwksUrl`. */
  readonly egress: Egress;
  readonly logger: Logger;
  readonly clock?: Clock;
}

type CheckedPayload = JWTPayload & { readonly sub: string; readonly exp: number };

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
   * The user of a token.
   * @throws AppError `unauthenticated` for every token that is not acceptable, `token_expired` for one that was,
   *   `forbidden` for one of the provider's backend, `unavailable` when the issuer's keys were never read
   */
  async verify(token: string): Promise<Caller> {
    const { payload, rights } = await this.checked(token);
    if (rights.size > 0) throw httpError('forbidden');
    return {
      subjectHash: this.subjectHash(payload.sub),
      claims: callerClaims.parse(payload),
      issuedAt: (payload.iat ?? 0) * 1_000,
      expiresAt: payload.exp * 1_000,
    };
  }

  /** The provider's backend whose token it is. @throws AppError as `verify`; `forbidden` for a user's token */
  async verifyBackend(token: string): Promise<Backend> {
    const { payload, rights } = await this.checked(token);
    if (rights.size === 0) throw httpError('forbidden');
    return { client: clientName(payload.sub), rights };
  }

  /** What a user is known by, from the subject that the provider knows her by. */
  subjectHash(subject: string): Buffer {
    return createHash('sha256').update(`${this.options.issuer}\n${subject}`).digest();
  }

  private async checked(token: string): Promise<{ payload: CheckedPayload; rights: ReadonlySet<string> }> {
    if (token.length > limits.accessTokenBytes.value) throw httpError('unauthenticated');
    const payload = await this.checkedPayload(token);
    const { sub, exp } = payload;
    const known = typeof sub === 'string' && sub !== '' && sub.length <= maxSubjectCharacters;
    if (!known || exp === undefined) throw httpError('unauthenticated');
    const rights = rightsIn(payload, this.options.rightsClaim ?? 'scope');
    return { payload: { ...payload, sub, exp }, rights };
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
