/** How a user is known to the gatekeeper's users. */
export type IdentifierKind = 'email' | 'phone' | 'username';

const MAX_LENGTH = 320;
const EMAIL = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u;
const PHONE = /^\+?[0-9][0-9 ().-]{4,24}$/;
const USERNAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{1,63}$/u;

/**
 * The one form in which an identifier is compared, hashed and put into tokens: e-mail and username in NFC and lower
 * case, phone as `+` and digits. What an identifier is, its form says: an `@` makes an e-mail, digits a phone.
 * @returns undefined when the text is none of them
 */
export function canonicalIdentifier(text: string): { kind: IdentifierKind; value: string } | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const normal = text.normalize('NFC').trim();
  if (EMAIL.test(normal)) return { kind: 'email', value: normal.toLowerCase() };
  if (PHONE.test(normal)) return { kind: 'phone', value: `+${normal.replaceAll(/[^0-9]/g, '')}` };
  if (USERNAME.test(normal)) return { kind: 'username', value: normal.toLowerCase() };
  return undefined;
}
