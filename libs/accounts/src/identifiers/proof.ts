import type { OptInRequest } from '@causeway/contracts/accounts';
import type { Caller } from '@causeway/http';
import { canonicalIdentifier, type CanonicalIdentifier, type IdentifierKind } from '@causeway/identifiers';

/** An identifier that the provider vouches for. */
export interface ProvenIdentifier extends CanonicalIdentifier {
  /** How it was proven, for the record. */
  readonly method: string;
  /** When the provider vouched for it: of two users the one with the later proof has it. */
  readonly provenAt: Date;
}

/** What we read of a caller: when her token was signed is when the provider vouched for what stands in it. */
export type ProvingCaller = Pick<Caller, 'claims' | 'issuedAt'>;

type Claimed = { readonly text: string | undefined; readonly method: string };

/** Where an access token speaks of each kind (OpenID Connect Core 5.1). User names are the provider's own to give. */
const claimed: { readonly [Kind in IdentifierKind]: (claims: Caller['claims']) => Claimed } = {
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
 * The identifier of the wanted kind that the caller's access token proves, if it proves one. A token that does not say
 * when it was signed proves none.
 */
export function provenByToken(
  { claims, issuedAt }: ProvingCaller,
  wanted: OptInRequest['identifierKind'],
): ProvenIdentifier | undefined {
  const { text, method } = claimed[wanted](claims);
  if (text === undefined || issuedAt <= 0) return undefined;
  const canonical = canonicalIdentifier(text);
  // A user name that looks like a phone number would be found as one by the gatekeeper's calls.
  if (canonical?.kind !== wanted) return undefined;
  return { ...canonical, method, provenAt: new Date(issuedAt) };
}
