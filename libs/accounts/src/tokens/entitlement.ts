import type { OptInState } from '@causeway/contracts/accounts';
import { tokenPurposeOf } from '../opt-ins/state-machine.js';
import type { TokenPurpose } from './mint.js';
import type { TokenSubjectRecord } from './token-subjects.store.js';

/** A live opt-in for which a token of a purpose may be minted. */
export type Entitled = TokenSubjectRecord & { readonly user: { readonly dataKey: Uint8Array } };

/**
 * Whether a token may be minted: for a proven identifier of a user whose opt-in is in the state for it. Who is
 * suspended may still leave; who is erased has no token any more, also none to leave with.
 */
export function isEntitled(
  subject: TokenSubjectRecord | undefined,
  purpose: TokenPurpose,
): subject is Entitled {
  if (subject === undefined || subject.user.dataKey === null) return false;
  if (purposeIn(subject.state) !== purpose) return false;
  // Before she is enlisted there is nothing to log in to, and nothing to delete.
  if (purpose !== 'enlistment' && subject.accountNumber === undefined) return false;
  return subject.user.state === 'active' || (purpose === 'deletion' && subject.user.state === 'suspended');
}

/** @returns the one purpose for which a token may be minted in this state, if any. */
function purposeIn(state: OptInState): TokenPurpose | undefined {
  return state === 'enlisting' ? 'enlistment' : tokenPurposeOf(state);
}
