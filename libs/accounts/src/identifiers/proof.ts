import type { OptInRequest } from '@causeway/contracts/accounts';
import { accountsErrors } from '@causeway/contracts/accounts';
import { canonicalIdentifier, type IdentifierKind } from '@causeway/contracts/ids';
import type { CallerClaims } from '@causeway/http';
import { refusal } from '../refusal.js';

/** An identifier that the provider's identity provider vouches for. */
export interface ProvenIdentifier {
  readonly kind: IdentifierKind;
  /** In canonical form. */
  readonly value: string;
  /** How it was proven, for the record. */
  readonly method: string;
}

type Claimed = { readonly text: string | undefined; readonly method: string };

/** Where an access token speaks of each kind (OpenID Connect Core 5.1). User names are the provider's own to give. */
const claimed: { readonly [Kind in IdentifierKind]: (claims: CallerClaims) => Claimed } = {
  email: ({ email, email_verified }) => ({
    text: email_verified === true ? email : undefined,
    method: 'oidc email_verified',
  }),
  phone: ({ phone_number, phone_number_verified }) => ({
    text: phone_number_verified === true ? phone_number : undefined,
    method: 'oidc phone_number_verified',
  }),
  username: ({ preferred_username }) => ({
    text: preferred_username,
    method: 'oidc preferred_username',
  }),
};

/**
 * The identifier of the wanted kind that the caller's access token proves.
 * @param accepted the kinds that the gatekeeper's profile allows
 * @throws {AppError} `identifier_not_proven`
 */
export function provenIdentifier(
  claims: CallerClaims,
  wanted: OptInRequest['identifierKind'],
  accepted: readonly IdentifierKind[],
): ProvenIdentifier {
  const { text, method } = claimed[wanted](claims);
  const canonical = text === undefined ? undefined : canonicalIdentifier(text);
  // A user name that looks like a phone number would be found as one by the gatekeeper's calls.
  if (canonical?.kind !== wanted || !accepted.includes(wanted)) {
    throw refusal(accountsErrors.identifier_not_proven);
  }
  return { ...canonical, method };
}
