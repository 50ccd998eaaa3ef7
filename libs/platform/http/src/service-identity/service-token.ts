import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { httpError } from '../errors/http-error.js';

export const serviceTokenType = 'causeway-service+jwt';

export interface ServiceTokenOptions {
  /** Ed25519 JWK with `d` and `kid`; `kid` is the service's name, or begins with it and a dot. */
  readonly privateJwk: JWK;
  readonly service: string;
  /** The service that is called. */
  readonly audience: string;
  readonly ttlSeconds?: number;
  readonly clock?: Clock;
}

/** A short-lived proof that a service is who it says, good for one other service. */
export async function issueServiceToken(options: ServiceTokenOptions): Promise<string> {
  const {
    privateJwk,
    service,
    audience,
    ttlSeconds = limits.serviceTokenSeconds.value,
    clock = systemClock,
  } = options;
  const key = await importJWK(privateJwk, 'EdDSA');
  const now = Math.floor(clock.now() / 1_000);
  return new SignJWT()
    .setProtectedHeader({
      alg: 'EdDSA',
      typ: serviceTokenType,
      ...(privateJwk.kid ? { kid: privateJwk.kid } : {}),
    })
    .setIssuer(service)
    .setSubject(service)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + ttlSeconds)
    .sign(key);
}

export interface ServiceVerifierOptions {
  /** Our own name. */
  readonly audience: string;
  /** Public keys of all services. */
  readonly keys: JSONWebKeySet;
  readonly clock?: Clock;
}

/** Verifies who calls from inside. */
export class ServiceTokenVerifier {
  private readonly find: ReturnType<typeof createLocalJWKSet>;
  private readonly clock: Clock;

  constructor(private readonly options: ServiceVerifierOptions) {
    this.find = createLocalJWKSet(options.keys);
    this.clock = options.clock ?? systemClock;
  }

  /** The name of the calling service. @throws AppError `unauthenticated` */
  async verify(token: string): Promise<string> {
    if (token.length > limits.accessTokenBytes.value) throw httpError('unauthenticated');
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.find, {
        algorithms: ['EdDSA'],
        typ: serviceTokenType,
        audience: this.options.audience,
        requiredClaims: ['exp', 'iat', 'sub', 'iss'],
        maxTokenAge: 2 * limits.serviceTokenSeconds.value,
        clockTolerance: limits.tokenClockToleranceSeconds.value,
        currentDate: new Date(this.clock.now()),
      });
      const { iss = '', sub } = payload;
      const { kid = '' } = protectedHeader;
      // Without this, each service could sign in the name of any other.
      const own = iss !== '' && sub === iss && (kid === iss || kid.startsWith(`${iss}.`));
      if (!own) throw httpError('unauthenticated');
      return iss;
    } catch (err) {
      throw httpError('unauthenticated', { cause: err });
    }
  }
}
