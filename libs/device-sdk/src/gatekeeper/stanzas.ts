import type { OutgoingMessage, OutgoingReceipt, OutgoingTyping } from '@causeway/contracts/upstream';
import { IncomingMessage, IncomingReceipt } from '@causeway/contracts/downstream';
import { formatAddress, isServerAddress, JidError, parseAddress } from '@causeway/jid';
import { bytesOf, child, children, stanza, type Stanza, textAttr } from '@causeway/xml';
import { numberIn, retryBundle, retryElements, server } from './keys.js';

const encVersion = '2';

/** Ends the passive phase of a login: from here on the gatekeeper delivers. */
export function active(): Stanza {
  return stanza('iq', { type: 'set', xmlns: 'passive', to: server }, [stanza('active')]);
}

export function ping(): Stanza {
  return stanza('iq', { type: 'get', xmlns: 'w:p', to: server }, [stanza('ping')]);
}

/** Asks the gatekeeper to delete the account; the result confirms. */
export function removal(): Stanza {
  return stanza('iq', { type: 'set', xmlns: 'w:interop', to: server }, [stanza('remove')]);
}

/** Pulls the next part of what waits. */
export function offlineBatch(count: number): Stanza {
  return stanza('ib', {}, [stanza('offline_batch', { count: String(count) })]);
}

/** @throws JidError */
export function blockChange(peer: string, action: 'block' | 'unblock'): Stanza {
  const item = stanza('item', { action, jid: parseAddress(peer) });
  return stanza('iq', { type: 'set', xmlns: 'blocklist', to: server }, [item]);
}

/** @throws JidError when the recipient is no address */
export function messageOut(id: string, message: OutgoingMessage): Stanza {
  const { stanzaType: type, retryCount, encrypted } = message;
  const to = parseAddress(message.to);
  const attrs = { v: encVersion, type: encrypted.type, count: retryCount?.toString() };
  const enc = stanza('enc', attrs, Buffer.from(encrypted.ciphertext, 'base64'));
  // What was asked for again goes to the one device that asked.
  if (retryCount !== undefined) return stanza('message', { id, type, to, device_fanout: 'false' }, [enc]);
  return stanza('message', { id, type, to }, [
    stanza('participants', {}, [stanza('to', { jid: to }, [enc])]),
  ]);
}

/** @throws JidError when the recipient is no address */
export function receiptOut({ to, kind, ids, retry }: OutgoingReceipt): Stanza {
  const [id, ...more] = ids;
  const items = more.map((item) => stanza('item', { id: item }));
  const again =
    retry === undefined
      ? []
      : [
          stanza('retry', { v: '1', count: String(retry.count), id, t: String(retry.timestamp) }),
          ...retryElements(retry.registrationId, retry.bundle),
        ];
  const content = [...again, ...(items.length > 0 ? [stanza('list', {}, items)] : [])];
  const type = kind === 'delivered' ? undefined : kind;
  return stanza('receipt', { id, to: parseAddress(to), type }, content.length > 0 ? content : undefined);
}

/** @returns undefined when it is not one that can be read */
export function messageIn(received: Stanza): IncomingMessage | undefined {
  const enc = child(received, 'enc');
  const ciphertext = bytesOf(enc);
  if (enc === undefined || ciphertext === undefined || enc.attrs.v !== encVersion) return undefined;
  const retryCount = decimal(textAttr(enc, 'count'));
  return IncomingMessage.safeParse({
    id: received.attrs.id,
    from: senderOf(received),
    timestamp: decimal(textAttr(received, 't')) ?? 0,
    encrypted: { type: enc.attrs.type, ciphertext: Buffer.from(ciphertext).toString('base64') },
    ...(retryCount !== undefined && { retryCount }),
  }).data;
}

/** The wire's `type` of a receipt; none means delivered. */
const receiptKinds: ReadonlyMap<string, IncomingReceipt['kind']> = new Map([
  ['', 'delivered'],
  ['inactive', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
  ['retry', 'retry'],
]);

/** Whether a receipt is for who sent the message; others (`sender`, `peer_msg`, …) concern devices of the same account. */
export function concernsSender(received: Stanza): boolean {
  return receiptKinds.has(textAttr(received, 'type') ?? '');
}

/** @returns undefined when it is not one that can be read */
export function receiptIn(received: Stanza): IncomingReceipt | undefined {
  const id = textAttr(received, 'id');
  const type = textAttr(received, 'type') ?? '';
  const listed = children(child(received, 'list') ?? stanza('list'), 'item').map((item) => item.attrs.id);
  const kind = receiptKinds.get(type);
  const retry = child(received, 'retry');
  const bundle = retryBundle(received);
  return IncomingReceipt.safeParse({
    from: senderOf(received),
    kind,
    ids: [...new Set([id, ...listed])],
    timestamp: decimal(textAttr(received, 't')) ?? 0,
    ...(kind === 'retry' && {
      retry: {
        count: decimal(textAttr(retry, 'count')) ?? 1,
        timestamp: decimal(textAttr(retry, 't')) ?? 0,
        registrationId: numberIn(child(received, 'registration')) ?? 0,
        ...(bundle && { bundle }),
      },
    }),
  }).data;
}

/** Tells that somebody writes, or stopped. @throws JidError when the recipient is no address */
export function typingOut({ to, state }: OutgoingTyping): Stanza {
  return stanza('chatstate', { to: parseAddress(to) }, [stanza(state)]);
}

/**
 * True when text stands where an address is meant, whatever it looks like: such a stanza is refused. The bare name of a
 * server may be text, as some write it as a token.
 */
export function isMisaddressed({ attrs: { from, to, participant } }: Stanza): boolean {
  return [from, to, participant].some((value) => typeof value === 'string' && !isServerAddress(value));
}

/** @returns the lossless text of who sent a stanza, in a group the participant; undefined where it is no address */
export function senderOf({ attrs: { participant, from } }: Stanza): string | undefined {
  const sender = participant ?? from;
  try {
    return typeof sender === 'object' ? formatAddress(sender) : undefined;
  } catch (error) {
    if (error instanceof JidError) return undefined;
    throw error;
  }
}

/**
 * Settles a stanza that the device has, or refuses it with the wire's reason: what is not settled is delivered again.
 * @returns undefined for one without an id or a sender: there is nobody to answer
 */
export function settle({ tag, attrs }: Stanza, error?: number): Stanza | undefined {
  const { id, from: to, participant, type } = attrs;
  if (id === undefined || to === undefined) return undefined;
  // The receipt for a message also tells its sender.
  if (tag === 'message' && error === undefined) return stanza('receipt', { id, to, participant });
  const kind = tag === 'message' ? undefined : type;
  return stanza('ack', { class: tag, id, to, type: kind, participant, error: error?.toString() });
}

/**
 * Answers a question of the gatekeeper: that the device is there, or that it does not understand.
 * @returns undefined for one of a peer that is no ping: whether the device is there is not told to everybody
 */
export function answerTo(iq: Stanza): Stanza | undefined {
  const { id, from: to = server, type, xmlns } = iq.attrs;
  const pinged = xmlns === 'urn:xmpp:ping' || xmlns === 'w:p' || child(iq, 'ping') !== undefined;
  if (type === 'get' && pinged) return stanza('iq', { type: 'result', id, to });
  if (typeof to === 'object' && to.user !== '') return undefined;
  const error = stanza('error', { code: '501', text: 'feature-not-implemented' });
  return stanza('iq', { type: 'error', id, to }, [error]);
}

/** @returns the decimal number of an attribute, or undefined when it is none */
export function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
