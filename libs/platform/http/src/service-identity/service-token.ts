import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import {
  createLocalJWKSet,
  importJWK,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
} from 'jose';
import { httpError } from '../errors/http-error.js';

export const serviceTokenType = 'causeway-service+jwt';

export interface ServiceTokenOptions {
  /** Ed25519 JWK with `d` and `kid`; `kid` is the service's name, or begins with it and a dot. */
  readonly privateJwk: JWK;
  readonly service: string;
  /** The service that is called. */
  readonly audience: string;
  readonly ttlSeconds?: number;
  /** Binds the token to connections that show this certificate (RFC 8705, section 3.1). */
  readonly certificateThumbprint?: string;
  readonly clock?: Clock;
}

const imported = new WeakMap<JWK, ReturnType<typeof importJWK>>();

/** A private key as jose signs with it: read once, for as long as a service has it. */
function keyOf(privateJwk: JWK): ReturnType<typeof importJWK> {
  const known = imported.get(privateJwk) ?? importJWK(privateJwk, 'EdDSA');
  imported.set(privateJwk, known);
  return known;
}

/** A short-lived proof that a service is who it says, good for one other service. */
export async function issueServiceToken(options: ServiceTokenOptions): Promise<string> {
  const {
    privateJwk,
    service,
    audience,
    ttlSeconds = limits.serviceTokenSeconds.value,
    certificateThumbprint,
    clock = systemClock,
  } = options;
  const key = await keyOf(privateJwk);
  const now = Math.floor(clock.now() / 1_000);
  const bound = certificateThumbprint === undefined ? {} : { cnf: { 'x5t#S256': certificateThumbprint } };
  return new SignJWT(bound)
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
  /** Public keys of all services; asked for each token, so that they can be replaced. A change is a new object. */
  readonly keys: () => JSONWebKeySet;
  /** Whether a caller must show a client certificate, to which its token is bound. */
  readonly mutualTls?: boolean;
  /**
   * Takes a token's id and says whether it is the first time, for routes that take each token only once; must remember
   * ids for as long as a token is valid, for all instances of the service, and say no when it cannot tell.
   */
  readonly firstUse?: (id: string) => Promise<boolean>;
  readonly clock?: Clock;
}

/** Who calls, as its token says. */
interface VerifiedService {
  readonly service: string;
  /** Id of the token. */
  readonly tokenId: string;
}

/** Verifies who calls from inside. */
export class ServiceTokenVerifier {
  private readonly clock: Clock;
  private keySet: { readonly of: JSONWebKeySet; readonly find: ReturnType<typeof createLocalJWKSet> };

  constructor(private readonly options: ServiceVerifierOptions) {
    const keys = options.keys();
    this.keySet = { of: keys, find: createLocalJWKSet(keys) };
    this.clock = options.clock ?? systemClock;
  }

  get mutualTls(): boolean {
    return this.options.mutualTls === true;
  }

  /**
   * @param thumbprint of the client certificate that the caller showed
   * @throws AppError `unauthenticated`
   */
  async verify(token: string, thumbprint?: string): Promise<VerifiedService> {
    if (token.length > limits.accessTokenBytes.value) throw httpError('unauthenticated');
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.currentKeys(), {
        algorithms: ['EdDSA'],
        typ: serviceTokenType,
        audience: this.options.audience,
        requiredClaims: ['exp', 'iat', 'sub', 'iss', 'jti'],
        maxTokenAge: 2 * limits.serviceTokenSeconds.value,
        clockTolerance: limits.tokenClockToleranceSeconds.value,
        currentDate: new Date(this.clock.now()),
      });
      const { iss = '', sub, jti = '' } = payload;
      const { kid = '' } = protectedHeader;
      // Without this, each service could sign in the name of any other.
      const own = iss !== '' && sub === iss && (kid === iss || kid.startsWith(`${iss}.`));
      if (!own || !this.isBound(payload, thumbprint)) throw httpError('unauthenticated');
      return { service: iss, tokenId: jti };
    } catch (err) {
      throw httpError('unauthenticated', { cause: err });
    }
  }

  /**
   * Spends a verified token: whoever shows it again is refused.
   * @throws AppError `service_token_used`, also when it cannot be told
   */
  async spend({ service, tokenId }: VerifiedService): Promise<void> {
    const first = (await this.options.firstUse?.(`${service}\n${tokenId}`)) ?? false;
    if (!first) throw httpError('service_token_used');
  }

  /** A token that somebody else got hold of is worth nothing without the key of its certificate. */
  private isBound(payload: JWTPayload, thumbprint: string | undefined): boolean {
    if (!this.mutualTls) return true;
    const { cnf } = payload;
    const named: unknown = typeof cnf === 'object' && cnf !== null ? Reflect.get(cnf, 'x5t#S256') : undefined;
    return thumbprint !== undefined && named === thumbprint;
  }

  private currentKeys(): ReturnType<typeof createLocalJWKSet> {
    const keys = this.options.keys();
    if (keys !== this.keySet.of) this.keySet = { of: keys, find: createLocalJWKSet(keys) };
    return this.keySet.find;
  }
}
