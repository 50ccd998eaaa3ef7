import { formatAddress, isServerAddress, type Jid, JidError } from '@causeway/jid';
import { jidAttr, type Stanza } from '@causeway/xml';
import { nack } from './nack.js';
import { StanzaInvalid } from './stanza-invalid.js';

/*
 * Stanzas hold addresses as values, events and frames as text. This is where one becomes the other; commands are read
 * with `parseAddress` of @causeway/jid where their stanza is built.
 */

/** The gatekeeper itself, to whom queries go. */
export const gatekeeper: Jid = { user: '', server: 's.whatsapp.net' };

const ADDRESSES = ['from', 'to', 'participant'] as const;

/**
 * The bare name of a server may be text, as some write it as a token: it cannot be taken for anybody else.
 * @throws {StanzaInvalid} when any other text stands where an address is meant, whatever it looks like
 */
export function checkAddresses(received: Stanza): void {
  if (ADDRESSES.some((name) => isUnaddressed(received.attrs[name]))) throw new StanzaInvalid(nack.parsing);
}

function isUnaddressed(value: string | Jid | undefined): boolean {
  return typeof value === 'string' && !isServerAddress(value);
}

/**
 * @returns the lossless text of who sent a stanza, in a group the participant; undefined when it does not say, or when it
 * is a server's name as text
 * @throws {StanzaInvalid} when an address is text
 */
export function senderOf(received: Stanza): string | undefined {
  checkAddresses(received);
  const sender = jidAttr(received, 'participant') ?? jidAttr(received, 'from');
  return sender && addressText(sender);
}

/** @returns the lossless text of an address @throws {StanzaInvalid} when it has none */
export function addressText(jid: Jid): string {
  try {
    return formatAddress(jid);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaInvalid(nack.parsing, { cause: error });
    throw error;
  }
}
