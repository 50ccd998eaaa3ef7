import { domainToASCII } from 'node:url';
import { canonicalName } from './name.js';

/** Octets of a local part and of a whole address (RFC 5321, 4.5.3.1.1; RFC 3696, erratum 1690). */
const MAX_LOCAL_OCTETS = 64;
const MAX_OCTETS = 254;

/** A dot-atom of RFC 5322, 3.2.3. */
const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** Labels of RFC 1123, 2.1, at least two; the last one is no number, or it would be an address. */
const HOST_NAME =
  /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?=[a-z0-9-]*[a-z])[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * An e-mail address in lower case, its domain in A-labels (UTS 46), so that a domain in look-alike letters shows. A tag
 * (`name+tag`) and dots stay: only the host of a mailbox knows what they mean. A local part beyond ASCII must be a name
 * of one script. Quoted local parts, address literals and domains of one label are refused.
 */
export function canonicalEmail(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  const local = canonicalLocalPart(text.slice(0, at));
  const domain = canonicalDomain(text.slice(at + 1));
  if (local === undefined || domain === undefined) return undefined;
  const address = `${local}@${domain}`;
  return Buffer.byteLength(address) <= MAX_OCTETS ? address : undefined;
}

function canonicalLocalPart(text: string): string | undefined {
  const lower = text.toLowerCase();
  const local = DOT_ATOM.test(lower) ? lower : canonicalName(text);
  return local !== undefined && Buffer.byteLength(local) <= MAX_LOCAL_OCTETS ? local : undefined;
}

function canonicalDomain(text: string): string | undefined {
  // The algorithm of URLs passes over some letters and reads percent signs; a host name has neither.
  if (/[^\p{L}\p{M}\p{N}.-]/u.test(text)) return undefined;
  const domain = domainToASCII(text);
  return HOST_NAME.test(domain) ? domain : undefined;
}
