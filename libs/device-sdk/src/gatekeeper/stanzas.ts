import type { OutgoingMessage, OutgoingReceipt } from '@causeway/contracts/upstream';
import { IncomingMessage, IncomingReceipt } from '@causeway/contracts/downstream';
import { bytesOf, child, children, stanza, type Stanza } from '@causeway/xml';
import { numberIn, retryBundle, retryElements } from './keys.js';

const server = 's.whatsapp.net';
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

export function blockChange(peer: string, action: 'block' | 'unblock'): Stanza {
  const item = stanza('item', { action, jid: peer });
  return stanza('iq', { type: 'set', xmlns: 'blocklist', to: server }, [item]);
}

export function messageOut(id: string, message: OutgoingMessage): Stanza {
  const { to, stanzaType: type, retryCount, encrypted } = message;
  const attrs = { v: encVersion, type: encrypted.type, count: retryCount?.toString() };
  const enc = stanza('enc', attrs, Buffer.from(encrypted.ciphertext, 'base64'));
  // What was asked for again goes to the one device that asked.
  if (retryCount !== undefined) return stanza('message', { id, type, to, device_fanout: 'false' }, [enc]);
  return stanza('message', { id, type, to }, [
    stanza('participants', {}, [stanza('to', { jid: to }, [enc])]),
  ]);
}

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
  return stanza('receipt', { id, to, type }, content.length > 0 ? content : undefined);
}

/** @returns undefined when it is not one that can be read */
export function messageIn(received: Stanza): IncomingMessage | undefined {
  const enc = child(received, 'enc');
  const ciphertext = bytesOf(enc);
  if (enc === undefined || ciphertext === undefined || enc.attrs.v !== encVersion) return undefined;
  const retryCount = decimal(enc.attrs.count);
  return IncomingMessage.safeParse({
    id: received.attrs.id,
    from: received.attrs.participant ?? received.attrs.from,
    timestamp: decimal(received.attrs.t) ?? 0,
    encrypted: { type: enc.attrs.type, ciphertext: Buffer.from(ciphertext).toString('base64') },
    ...(retryCount !== undefined && { retryCount }),
  }).data;
}

/** @returns undefined for kinds that do not concern who sent the message, and what cannot be read */
export function receiptIn(received: Stanza): IncomingReceipt | undefined {
  const { id, type = 'delivered', participant, from } = received.attrs;
  const listed = children(child(received, 'list') ?? stanza('list'), 'item').map((item) => item.attrs.id);
  const kind = type === 'inactive' ? 'delivered' : type;
  const retry = child(received, 'retry');
  const bundle = retryBundle(received);
  return IncomingReceipt.safeParse({
    from: participant ?? from,
    kind,
    ids: [...new Set([id, ...listed])],
    timestamp: decimal(received.attrs.t) ?? 0,
    ...(kind === 'retry' && {
      retry: {
        count: decimal(retry?.attrs.count) ?? 1,
        timestamp: decimal(retry?.attrs.t) ?? 0,
        registrationId: numberIn(child(received, 'registration')) ?? 0,
        ...(bundle && { bundle }),
      },
    }),
  }).data;
}

/** Settles a stanza that the device has: what is not settled is delivered again. */
export function settle({ tag, attrs }: Stanza, error?: number): Stanza {
  const { id, from: to, participant, type } = attrs;
  // The receipt for a message also tells its sender.
  if (tag === 'message' && error === undefined) return stanza('receipt', { id, to, participant });
  const kind = tag === 'message' ? undefined : type;
  return stanza('ack', { class: tag, id, to, type: kind, participant, error: error?.toString() });
}

/** @returns the decimal number of an attribute, or undefined when it is none */
export function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
