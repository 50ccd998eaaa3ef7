import { limits } from '@causeway/limits';
import type { JsonObject } from './compact-jws.js';

/** The annex's tokens live for an hour (1.3, push); an older one is not believed, whatever expiry it states. */
const MAX_AGE_SECONDS = 3_600;
const TOLERANCE_SECONDS = limits.tokenClockToleranceSeconds.value;

/** What a token must say, by exact comparison. */
export interface Expected {
  readonly issuer: string;
  readonly audience: string;
}

/**
 * Checks what a token says of itself (RFC 7519, 4.1), with the tolerance of clocks.
 * @param nowMs wall clock
 * @returns until when it is good by both of its times, or undefined when it is not to be believed
 */
export function goodUntilMs(claims: JsonObject, expected: Expected, nowMs: number): number | undefined {
  const { iss, aud, exp, iat, nbf } = claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (iss !== expected.issuer || !audiences.includes(expected.audience)) return undefined;
  if (typeof exp !== 'number' || typeof iat !== 'number') return undefined;
  const nowSeconds = Math.floor(nowMs / 1_000);
  const latest = nowSeconds + TOLERANCE_SECONDS;
  if (iat > latest || (nbf !== undefined && !(typeof nbf === 'number' && nbf <= latest))) return undefined;
  // Whole seconds: at the end of the last one an hour is over.
  const untilSeconds = Math.min(exp, iat + MAX_AGE_SECONDS + 1) + TOLERANCE_SECONDS;
  return nowSeconds < untilSeconds ? untilSeconds * 1_000 : undefined;
}
