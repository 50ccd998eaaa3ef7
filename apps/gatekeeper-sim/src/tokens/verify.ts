import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { Clock } from '../clock.js';
import type { Limits } from '../limits.js';
import type { Partner } from '../options.js';
import type { PartnerKeys } from './partner-keys.js';

/** Why a user token is not believed. `integrator`: another issuer; `unavailable`: the partner's keys are. */
export type TokenRefusal = 'expired' | 'integrator' | 'unavailable' | 'invalid';

export type TokenVerdict = { readonly identifier: string } | { readonly refused: TokenRefusal };

/** Judges the tokens by which the partner vouches for a user-visible identifier. */
export class TokenVerifier {
  constructor(
    private readonly partner: () => Partner,
    private readonly keys: PartnerKeys,
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  /** Never throws: RS256 with a known `kid`, issuer, audience and `exp` must hold, and name an identifier. */
  async verify(token: string): Promise<TokenVerdict> {
    if (token.length === 0 || token.length > this.limits.tokenBytes) return { refused: 'invalid' };
    const kid = keyId(token);
    if (kid === undefined) return { refused: 'invalid' };
    const partner = this.partner();
    let keySet;
    try {
      keySet = await this.keys.for(kid);
    } catch {
      return { refused: 'unavailable' };
    }
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: ['RS256'],
        issuer: partner.issuer,
        audience: partner.audience,
        requiredClaims: ['exp'],
        currentDate: new Date(this.clock.now()),
      });
      const identifier = payload[partner.identifierClaim ?? 'sub'];
      const usable = typeof identifier === 'string' && identifier !== '';
      if (!usable || identifier.length > this.limits.identifierLength) return { refused: 'invalid' };
      return { identifier };
    } catch (error) {
      return { refused: refusalOf(error) };
    }
  }
}

function keyId(token: string): string | undefined {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return alg === 'RS256' ? kid : undefined;
  } catch {
    return undefined;
  }
}

function refusalOf(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iss') return 'integrator';
  return 'invalid';
}
