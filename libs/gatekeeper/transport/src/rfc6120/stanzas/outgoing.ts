import { bytesOf, child, children, stanza, type Stanza, textAttr } from '@causeway/xml';
import { UpstreamError } from '../../upstream-error.js';
import { ns } from '../namespaces.js';
import { addressIn } from './addresses.js';

/** A stanza of a session in the form of RFC 6121, and what it settles. */
export interface Outgoing {
  readonly stanzas: readonly Stanza[];
  /** Received stanzas that the session is done with. */
  readonly settles: readonly Settled[];
  /** The message whose acknowledgement by the server the session waits for. */
  readonly messageId?: string;
}

/** A received stanza by the session's name for it. */
export interface Settled {
  readonly stanzaClass: string;
  readonly id: string;
  /** Address of the account. */
  readonly from: string;
  /** The sender is told that his message arrived. */
  readonly receipt: boolean;
  /** The sender is told that it could not be used. */
  readonly refused: boolean;
}

/**
 * Translates what a session sends (a message with one ciphertext, a receipt, an acknowledgement, a typing notice) into
 * RFC 6121 with XEP-0085, XEP-0184 and XEP-0334.
 *
 * @throws UpstreamError `not_supported` for what this protocol has no equivalent of
 */
export function outgoing(given: Stanza): Outgoing {
  switch (given.tag) {
    case 'message':
      return message(given);
    case 'receipt':
      return receipt(given);
    case 'ack':
      return { stanzas: [], settles: [settledBy(given)] };
    case 'chatstate':
      return { stanzas: [typing(given)], settles: [] };
    default:
      throw new UpstreamError('not_supported');
  }
}

function message(given: Stanza): Outgoing {
  const id = textAttr(given, 'id');
  const participants = child(given, 'participants');
  const holder = participants === undefined ? given : child(participants, 'to');
  const enc = holder === undefined ? undefined : child(holder, 'enc');
  const ciphertext = bytesOf(enc);
  // Files travel between the gatekeeper's media host and ours, and there is none here.
  if (enc === undefined || ciphertext === undefined || id === undefined || given.attrs['type'] === 'media') {
    throw new UpstreamError('not_supported');
  }
  const { v, type: kind, count } = enc.attrs;
  const signal = stanza(
    'signal',
    { xmlns: ns.signal, v, type: kind, count },
    Buffer.from(ciphertext).toString('base64'),
  );
  const content = [
    signal,
    stanza('encryption', { xmlns: ns.encryption, namespace: ns.signal }),
    stanza('request', { xmlns: ns.receipts }),
    stanza('store', { xmlns: ns.hints }),
  ];
  const to = recipientOf(given);
  return { stanzas: [stanza('message', { id, to, type: 'chat' }, content)], settles: [], messageId: id };
}

function receipt(given: Stanza): Outgoing {
  const id = textAttr(given, 'id');
  const from = addressIn(given, 'to') ?? '';
  if (given.attrs['type'] !== undefined || id === undefined) throw new UpstreamError('not_supported');
  const listed = children(child(given, 'list') ?? stanza('list'), 'item').map(
    (item) => textAttr(item, 'id') ?? '',
  );
  const settles = [id, ...listed].map((one) => {
    return { stanzaClass: 'message', id: one, from, receipt: true, refused: false };
  });
  return { stanzas: [], settles };
}

function settledBy(ack: Stanza): Settled {
  return {
    stanzaClass: textAttr(ack, 'class') ?? '',
    id: textAttr(ack, 'id') ?? '',
    from: addressIn(ack, 'participant') ?? addressIn(ack, 'to') ?? '',
    receipt: false,
    refused: ack.attrs['error'] !== undefined,
  };
}

function typing(given: Stanza): Stanza {
  const state = children(given)[0]?.tag;
  if (state !== 'composing' && state !== 'paused') throw new UpstreamError('not_supported');
  const content = [stanza(state, { xmlns: ns.chatStates }), stanza('no-store', { xmlns: ns.hints })];
  return stanza('message', { to: recipientOf(given), type: 'chat' }, content);
}

/** A message to nobody would go to the account itself (RFC 6120, 10.3.1). */
function recipientOf(given: Stanza): string {
  const to = addressIn(given, 'to');
  if (to === undefined) throw new UpstreamError('not_supported');
  return to;
}

/** The notice to a sender that his message arrived (XEP-0184). @param noticeId of the notice itself */
export function receivedNotice(to: string, id: string, noticeId: string): Stanza {
  const content = [stanza('received', { xmlns: ns.receipts, id }), stanza('store', { xmlns: ns.hints })];
  return stanza('message', { id: noticeId, to, type: 'chat' }, content);
}

/** The answer to a message that nobody here can use (RFC 6120, 8.3). */
export function refusalNotice(to: string, id: string | undefined): Stanza {
  const condition = stanza('not-acceptable', { xmlns: ns.stanzas });
  return stanza('message', { id, to, type: 'error' }, [stanza('error', { type: 'modify' }, [condition])]);
}

/** Says that the client is there, upon which the server delivers what it kept (RFC 6121, 4.2). */
export function availablePresence(): Stanza {
  return stanza('presence');
}
