import type { Account } from '../accounts/account.js';
import type { AccountDirectory } from '../accounts/directory.js';
import type { TokenVerifier } from '../tokens/verify.js';
import { clientPayload } from './proto.js';

/** Product of an integrator's client. */
const interop = 2;

/**
 * 400 bad payload or product, 401 Noise static is not the authkey, 413 token expired, 414 token invalid or
 * for another identifier, 415 no such account, 503 the partner's keys cannot be had.
 */
export type LoginFailure = '400' | '401' | '413' | '414' | '415' | '503';

export type Login =
  | { readonly account: Account; readonly passive: boolean }
  /** Attributes of `<failure>`. */
  | { readonly failure: { readonly reason: LoginFailure } | Record<string, string> };

/** Judges the payload of the last handshake message. Never throws. */
export async function judgeLogin(
  payloadBytes: Uint8Array,
  remoteStatic: Uint8Array,
  accounts: AccountDirectory,
  tokens: TokenVerifier,
): Promise<Login> {
  let payload;
  try {
    payload = clientPayload.decode(payloadBytes);
  } catch {
    return { failure: { reason: '400' } };
  }
  const { accountID, token } = payload.interopData ?? {};
  if (payload.product !== interop || !Number.isSafeInteger(accountID) || !token)
    return { failure: { reason: '400' } };
  const account = accounts.byNumber(accountID as number);
  if (!account) return { failure: { reason: '415' } };
  if (Buffer.compare(account.keys.authKey, remoteStatic) !== 0) return { failure: { reason: '401' } };
  const verdict = await tokens.verify(Buffer.from(token).toString('utf8'));
  if ('refused' in verdict) {
    const reasons = { expired: '413', unavailable: '503', invalid: '414', integrator: '414' } as const;
    return { failure: { reason: reasons[verdict.refused] } };
  }
  if (verdict.identifier !== account.identifier) return { failure: { reason: '414' } };
  // It may have been deleted, or enlisted again with other keys, while the token was checked.
  if (accounts.byNumber(account.number) !== account) return { failure: { reason: '415' } };
  if (Buffer.compare(account.keys.authKey, remoteStatic) !== 0) return { failure: { reason: '401' } };
  const ordered = account.faults.takeRefusal();
  if (ordered !== undefined) return { failure: ordered };
  return { account, passive: payload.passive ?? false };
}
