import type { Jid } from '@causeway/jid';
import { children, stanza, textAttr, textOf, type Stanza } from '@causeway/xml';
import { ns } from '../namespaces.js';
import { childOf, conditionOf } from '../stream/features.js';
import { accountOf, domainOf } from './addresses.js';

/**
 * A received message as a session reads it. `settleable`: the session settles it, and until then the server keeps it;
 * `notice`: nobody settles it; `useless`: nothing here is for anybody (a bookmark of a chat, a state that is not shown);
 * `unreadable`: it has content, but none that a device could take.
 */
export type Incoming =
  | { readonly kind: 'settleable' | 'notice' | 'unreadable'; readonly stanza: Stanza }
  | { readonly kind: 'useless' };

const useless: Incoming = { kind: 'useless' };
const person: readonly (string | undefined)[] = ['chat', 'normal', undefined];

/**
 * Translates a received message. Its sender is the account, not the client.
 *
 * @param domain the server's, which alone is believed about delays (XEP-0203, 5)
 * @param nowMs milliseconds since 1970
 */
export function incoming(message: Stanza, domain: string, nowMs: number): Incoming {
  const { id, type } = message.attrs;
  if (type === 'error') return failureOf(message);
  const from = accountOf(textAttr(message, 'from') ?? '');
  if (from === undefined || !person.includes(textAttr(message, 'type'))) return useless;
  const head = { id, from, t: sentAt(message, domain, nowMs).toString() };
  const signal = childOf(message, 'signal', ns.signal);
  if (signal !== undefined) return ciphertext(head, signal);
  const received = childOf(message, 'received', ns.receipts)?.attrs['id'];
  if (received !== undefined) {
    return { kind: 'settleable', stanza: stanza('receipt', { ...head, id: received }) };
  }
  const state = children(message).find(({ attrs }) => attrs['xmlns'] === ns.chatStates)?.tag;
  if (state === 'composing' || state === 'paused') {
    return { kind: 'notice', stanza: stanza('chatstate', { from }, [stanza(state)]) };
  }
  const body = children(message, 'body').length > 0;
  return body ? { kind: 'unreadable', stanza: stanza('message', head) } : useless;
}

function ciphertext(head: Readonly<Record<string, string | Jid | undefined>>, signal: Stanza): Incoming {
  const text = textOf(signal) ?? '';
  const bytes = Buffer.from(text, 'base64');
  // Buffer passes over what is no base64: written again it must be the same.
  if (head['id'] === undefined || text === '' || bytes.toString('base64') !== text) {
    return { kind: 'unreadable', stanza: stanza('message', head) };
  }
  const { v, type, count } = signal.attrs;
  const enc = stanza('enc', { v, type, count }, Uint8Array.from(bytes));
  return { kind: 'settleable', stanza: stanza('message', { ...head, type: 'text' }, [enc]) };
}

/** A server says `service-unavailable` rather than that somebody does not exist (RFC 6121, 8.5.2). */
const unknown: readonly (string | undefined)[] = [
  'item-not-found',
  'service-unavailable',
  'remote-server-not-found',
];

/** A message of ours that could not be delivered, as the negative acknowledgement that a session waits for. */
function failureOf({ attrs, content }: Stanza): Incoming {
  const error = Array.isArray(content) ? content.find(({ tag }: Stanza) => tag === 'error') : undefined;
  const { id } = attrs;
  if (id === undefined || error === undefined) return useless;
  const code = unknown.includes(conditionOf(error as Stanza)) ? '404' : '500';
  return { kind: 'notice', stanza: stanza('ack', { class: 'message', id, error: code }) };
}

/** Seconds since 1970 at which the server took a message that it delivers late, else now; never in the future. */
function sentAt(message: Stanza, domain: string, nowMs: number): number {
  const delays = children(message, 'delay').filter(
    (delay) => delay.attrs['xmlns'] === ns.delay && domainOf(textAttr(delay, 'from') ?? '') === domain,
  );
  // A sender can write a delay, too; the server's own stands behind it.
  const stamp = textAttr(delays.at(-1), 'stamp') ?? '';
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/.test(stamp)
    ? Date.parse(stamp)
    : Number.NaN;
  return Math.floor((time > 0 && time <= nowMs ? time : nowMs) / 1_000);
}
