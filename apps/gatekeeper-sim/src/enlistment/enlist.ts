import type { AccountDirectory } from '../accounts/directory.js';
import { isSignedBy } from '../accounts/signed-prekey.js';
import type { TokenRefusal, TokenVerifier } from '../tokens/verify.js';
import { readForm } from './form.js';

/** Why nobody was enlisted. Only `bad_integrator` is published; the others are this gatekeeper's own. */
export type EnlistmentReason =
  | 'bad_param'
  | 'bad_key_type'
  | 'bad_signature'
  | 'bad_integrator'
  | 'token_expired'
  | 'bad_token'
  | 'temporarily_unavailable'
  | 'too_many_accounts';

export type EnlistmentAnswer =
  | { readonly login: string; readonly status: 'ok' }
  | { readonly reason: EnlistmentReason; readonly status: 'fail' };

const curve25519 = 5;
const reasons: Record<TokenRefusal, EnlistmentReason> = {
  expired: 'token_expired',
  integrator: 'bad_integrator',
  unavailable: 'temporarily_unavailable',
  invalid: 'bad_token',
};

/** Takes a user of the integrator in, or says why not. `body` is the form as it came. */
export async function enlist(
  body: string,
  accounts: AccountDirectory,
  tokens: TokenVerifier,
): Promise<EnlistmentAnswer> {
  const form = readForm(body);
  if ('malformed' in form) return fail('bad_param');
  if (form.keyType !== curve25519) return fail('bad_key_type');
  const { identityKey, signedPreKey } = form.keys;
  if (!isSignedBy(identityKey, signedPreKey.key, signedPreKey.signature)) return fail('bad_signature');
  const verdict = await tokens.verify(form.token);
  if ('refused' in verdict) return fail(reasons[verdict.refused]);
  const account = accounts.enlist(verdict.identifier, form.keys);
  return account ? { login: account.jid, status: 'ok' } : fail('too_many_accounts');
}

function fail(reason: EnlistmentReason): EnlistmentAnswer {
  return { reason, status: 'fail' };
}
