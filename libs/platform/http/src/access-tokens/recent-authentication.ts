import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { httpError } from '../errors/http-error.js';
import type { Caller } from './caller.js';

const MAX_AGE_SECONDS = limits.recentAuthenticationSeconds.value;

/** The challenge of RFC 9470, section 3: the token is good, the sign-in behind it is too old. */
const CHALLENGE = [
  'error="insufficient_user_authentication"',
  'error_description="A more recent authentication is required"',
  `max_age="${MAX_AGE_SECONDS}"`,
].join(', ');

/**
 * Lets a caller go on who proved who she is a short while ago, by the claim `auth_time` of her access token.
 * @throws {AppError} `insufficient_user_authentication`, also when the token does not say when that was
 */
export function demandRecentAuthentication({ claims }: Pick<Caller, 'claims'>, clock: Clock): void {
  const { auth_time } = claims;
  const nowSeconds = clock.now() / 1_000;
  const latest = nowSeconds + limits.tokenClockToleranceSeconds.value;
  if (auth_time !== undefined && auth_time >= nowSeconds - MAX_AGE_SECONDS && auth_time <= latest) return;
  throw httpError('insufficient_user_authentication', { challenge: CHALLENGE });
}
