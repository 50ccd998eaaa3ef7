import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** Digits of the longest number and its separators. */
const MAX_LENGTH = 40;

/** At most 15 digits (E.164, 6.2.1); none that is called from abroad has fewer than 7. */
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * A phone number in E.164 form: `+`, country code and national number, without a trunk prefix. It must be whole: a
 * number without its country code means another one in each country. Its length must be possible in its country; whether
 * it is assigned is not asked, because the numbering plans change faster than any table. Extensions are refused.
 */
export function canonicalPhone(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const digits = text.normalize('NFKC').trim();
  const number = wholeNumber(digits.startsWith('+') ? digits : `+${digits}`);
  // What loses another trunk prefix when it is read again is no number.
  return number !== undefined && wholeNumber(number) === number ? number : undefined;
}

function wholeNumber(text: string): string | undefined {
  const number = parsePhoneNumberFromString(text, { extract: false });
  if (number === undefined || number.ext !== undefined || !number.isPossible()) return undefined;
  return E164.test(number.number) ? number.number : undefined;
}
