import { formatAddress, type Jid, JidError, parseAddress } from '@causeway/jid';
import { jidAttr, type Stanza } from '@causeway/xml';

/**
 * The account of an address, as a session names it: a JID of that domain, without the resource. Undefined for what is no
 * address (RFC 7622, 3.3: no `@`, `:` or `/` in a local part).
 */
export function accountOf(address: string): Jid | undefined {
  try {
    return parseAddress(bareOf(address));
  } catch (error) {
    if (error instanceof JidError) return undefined;
    throw error;
  }
}

/** The address of this wire for a JID in a stanza of a session; undefined when there is none. */
export function addressIn(given: Stanza | undefined, name: string): string | undefined {
  const jid = jidAttr(given, name);
  return jid && formatAddress(jid);
}

/** An address without its resource (RFC 7622): the account, whichever of its clients is meant. */
export function bareOf(address: string): string {
  const slash = address.indexOf('/');
  return slash === -1 ? address : address.slice(0, slash);
}

/** The domain of an address. */
export function domainOf(address: string): string {
  const bare = bareOf(address);
  return bare.slice(bare.indexOf('@') + 1);
}
