import { IncomingReceipt } from '@causeway/contracts/downstream';
import type { OutgoingReceipt, Retry } from '@causeway/contracts/upstream';
import { parseAddress } from '@causeway/jid';
import { bytesOf, child, children, stanza, type Stanza, textAttr } from '@causeway/xml';
import { senderOf } from './addresses.js';
import { buildRetryKeys, readRetryKeys } from './bundle.js';
import { bigEndian, readBigEndian, readDecimal } from './numbers.js';
import { nack } from './nack.js';
import { StanzaInvalid } from './stanza-invalid.js';

/** The wire's `type` of a receipt; none means delivered. */
const TYPES = { delivered: undefined, read: 'read', played: 'played', retry: 'retry' } as const;
const KINDS: Readonly<Record<string, IncomingReceipt['kind'] | undefined>> = {
  '': 'delivered',
  inactive: 'delivered',
  read: 'read',
  played: 'played',
  retry: 'retry',
};

/**
 * `<receipt id to [type]>` with further ids in `<list><item id/></list>`; a retry receipt carries `<retry>` and keys.
 * @throws {JidError} when the recipient is no address
 */
export function buildReceipt(receipt: OutgoingReceipt): Stanza {
  const [id, ...more] = receipt.ids;
  const list = stanza(
    'list',
    {},
    more.map((item) => stanza('item', { id: item })),
  );
  const content = [
    ...(receipt.retry === undefined || id === undefined ? [] : buildRetry(id, receipt.retry)),
    ...(more.length > 0 ? [list] : []),
  ];
  const attrs = { id, to: parseAddress(receipt.to), type: TYPES[receipt.kind] };
  return stanza('receipt', attrs, content.length > 0 ? content : undefined);
}

function buildRetry(id: string, retry: Retry): Stanza[] {
  const attrs = { v: '1', count: retry.count.toString(), id, t: retry.timestamp.toString() };
  return [
    stanza('retry', attrs),
    stanza('registration', {}, bigEndian(retry.registrationId, 4)),
    ...(retry.bundle === undefined ? [] : [buildRetryKeys(retry.bundle)]),
  ];
}

/**
 * Reads a receipt of any kind that a sender cares about.
 * @returns undefined for kinds that concern other devices of an account (`sender`, `peer_msg`, …)
 * @throws {StanzaInvalid} when ids or the retry part are not understood, or an address is text
 */
export function readReceipt(received: Stanza): IncomingReceipt | undefined {
  const { type = '' } = received.attrs;
  const kind = typeof type === 'string' ? KINDS[type] : undefined;
  if (kind === undefined) return undefined;
  const listed = children(child(received, 'list') ?? stanza('list'), 'item').map((item) => item.attrs.id);
  const retry = kind === 'retry' ? readRetry(received) : undefined;
  const parsed = IncomingReceipt.safeParse({
    from: senderOf(received),
    kind,
    ids: [...new Set([received.attrs.id, ...listed])],
    timestamp: readDecimal(textAttr(received, 't')) ?? 0,
    ...(retry !== undefined && { retry }),
  });
  if (!parsed.success) throw new StanzaInvalid(nack.parsing);
  return parsed.data;
}

function readRetry(received: Stanza): Retry {
  const retry = child(received, 'retry');
  const bundle = readRetryKeys(received);
  return {
    count: readDecimal(textAttr(retry, 'count')) ?? 1,
    timestamp: readDecimal(textAttr(retry, 't')) ?? 0,
    registrationId: readBigEndian(bytesOf(child(received, 'registration'))) ?? 0,
    ...(bundle !== undefined && { bundle }),
  };
}
