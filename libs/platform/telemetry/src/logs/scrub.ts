const mask = '[redacted]';

// Deliberately wide: a harmless word lost from a log costs little, a phone number in it cannot be taken back.
const patterns: readonly RegExp[] = [
  /eyJ[\w-]+\.[\w-]*\.?[\w-]*/g, // JSON Web Tokens
  /\b(?:Bearer|Basic|DPoP)\s+[\w.~+/=-]+/gi,
  /[\w.+%:-]{1,128}@[\w-]+(?:\.[\w-]+)*(?:\/[\w.-]+)?/g, // e-mail addresses and JIDs
  /\/\/[^\s/@:]*:[^\s/@]+@/g, // credentials in an address
  /\+\d(?:[ ().-]?\d){6,14}/g, // international phone numbers
  /(?<![\w.-])\d{10,15}(?![\w-]|\.\d)/g, // phone numbers as digits alone
];

/** Longest text that a log field keeps, in characters. */
export const maxTextCharacters = 2_048;

/** The text without what looks like a token, an e-mail address, a JID or a phone number, and cut at a bound. */
export function scrubText(text: string): string {
  const cut = text.length > maxTextCharacters ? `${text.slice(0, maxTextCharacters)}…` : text;
  return patterns.reduce((rest, pattern) => rest.replace(pattern, mask), cut);
}

export { mask };
