import { UpstreamError } from '../../upstream-error.js';

// Soft hyphens, joiners, variation selectors: mapped to nothing (RFC 3454, B.1).
const nothing = /\p{Default_Ignorable_Code_Point}/gu;
const spaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;
const prohibited = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u2028\u2029\ufff9-\ufffd]/u;

/**
 * A name or secret as both sides of SCRAM must write it: the SASLprep profile (RFC 4013), with unassigned code points
 * refused. Its rule for right-to-left text is left out: it refuses, and changes nothing.
 *
 * @throws UpstreamError `login_bad_payload` for text that no server takes; it is not shown
 */
export function prepared(text: string): string {
  const result = text.replace(nothing, '').replace(spaces, ' ').normalize('NFKC');
  if (result === '' || prohibited.test(result)) throw new UpstreamError('login_bad_payload');
  return result;
}
