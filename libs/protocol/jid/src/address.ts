import { isPlain, isSafeUser, isSameJid, type Jid, jidText, maxTextLength, parseJid } from './jid.js';
import { JidError } from './jid-error.js';
import { isJidServer } from './servers.js';

// `@` and `/` end the name of a server; the rest never belongs to one.
const unsafeServer = /[@/\p{Cc}\p{Cs}]/u;

/**
 * Read the address of a JID whose server need not be known: `parseJid` for the servers that are, `{user}@{server}` or
 * the server's bare name for all others, as a new server of the gatekeeper or an account of RFC 7622 (without its
 * resource).
 *
 * @throws JidError when the text is no address
 */
export function parseAddress(text: string): Jid {
  if (text.length > maxTextLength) throw new JidError('not_a_jid');
  const at = text.lastIndexOf('@');
  const server = text.slice(at + 1);
  if (at >= 0 && isJidServer(server)) return parseJid(text);
  if (server === '' || unsafeServer.test(server)) throw new JidError('not_a_jid');
  const user = at < 0 ? '' : text.slice(0, at);
  if (at >= 0 && !isSafeUser(user)) throw new JidError('bad_user');
  return { user, server };
}

/**
 * Write a JID as text, also one of a server that is not known; `parseAddress` of the result gives the same JID back.
 *
 * @throws JidError when the parts cannot be told apart again in the text, or do not fit the server
 */
export function formatAddress(jid: Jid): string {
  const text = jidText(jid);
  if (!isPlain(jid) && !isSameJid(parseAddress(text), jid)) throw new JidError('bad_user');
  return text;
}

/** True when `formatAddress` can write the JID. */
export function isAddress(jid: Jid): boolean {
  if (isPlain(jid)) return true;
  try {
    return isSameJid(parseAddress(jidText(jid)), jid);
  } catch (error) {
    if (error instanceof JidError) return false;
    throw error;
  }
}
