import { canonicalEmail } from './email.js';
import { canonicalPhone } from './phone.js';
import { canonicalUsername } from './username.js';

/** How a user is known to the gatekeeper's users. */
export type IdentifierKind = 'email' | 'phone' | 'username';

/** An identifier in the one form in which it is compared, hashed and put into tokens. */
export interface CanonicalIdentifier {
  readonly kind: IdentifierKind;
  readonly value: string;
}

/** Longer than any canonical form; what is longer is not looked at. */
const MAX_LENGTH = 320;

const canonicalForm: { readonly [Kind in IdentifierKind]: (text: string) => string | undefined } = {
  email: canonicalEmail,
  phone: canonicalPhone,
  username: canonicalUsername,
};

/**
 * The canonical form of an identifier. What kind it is, its form says: an `@` makes an e-mail address, digits alone (with
 * the usual separators) a phone number, anything else a user name; so no two kinds share a form. Blanks around it are
 * passed over. ADR 0022 says what is canonical and what is refused.
 * @returns undefined when the text is no identifier, or is one that could be taken for another
 */
export function canonicalIdentifier(text: string): CanonicalIdentifier | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const trimmed = text.trim();
  const kind = kindOf(trimmed);
  const value = canonicalForm[kind](trimmed);
  return value === undefined ? undefined : { kind, value };
}

function kindOf(text: string): IdentifierKind {
  if (text.includes('@')) return 'email';
  return /^[+0-9０-９＋ ().\-/]+$/.test(text) ? 'phone' : 'username';
}
