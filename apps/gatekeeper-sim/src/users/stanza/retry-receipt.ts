import type { KeyBundle, Node } from '../../seam.js';
import { bigEndian, bytesOf, childOf, fromBigEndian, stanzaTime } from './stanza.js';

const CURVE25519 = Uint8Array.of(0x05);

export interface RetryRequest {
  readonly id: string;
  /** 1 for the first request. */
  readonly count: number;
  readonly registrationId: number;
  /** Keys to start a new session with; phones enclose them from the second request on. */
  readonly bundle?: KeyBundle;
}

/** Asks the sender of a message to encrypt it again. */
export function retryReceipt(request: RetryRequest, from: string, to: string, now: number): Node {
  const { id, count, registrationId, bundle } = request;
  const t = stanzaTime(now);
  const content: Node[] = [
    { tag: 'retry', attrs: { count: String(count), id, t, v: '1' } },
    { tag: 'registration', attrs: {}, content: bigEndian(registrationId, 4) },
  ];
  if (bundle !== undefined) content.push(keysNode(bundle));
  return { tag: 'receipt', attrs: { id, from, to, type: 'retry', t }, content };
}

/** Reads what {@link retryReceipt} writes; undefined when a part is missing or has a wrong size. */
export function readRetryReceipt(receipt: Node): RetryRequest | undefined {
  const retry = childOf(receipt, 'retry');
  const count = Number(retry?.attrs.count ?? '1');
  const id = retry?.attrs.id ?? receipt.attrs.id;
  const registration = bytesOf(childOf(receipt, 'registration'), 4);
  if (retry === undefined || id === undefined || registration === undefined) return undefined;
  if (!Number.isInteger(count) || count < 1) return undefined;
  const registrationId = fromBigEndian(registration);
  const keys = childOf(receipt, 'keys');
  if (keys === undefined) return { id, count, registrationId };
  const bundle = readKeys(keys, registrationId);
  return bundle === undefined ? undefined : { id, count, registrationId, bundle };
}

function keysNode({ identityKey, signedPreKey, preKey }: KeyBundle): Node {
  const leaf = (tag: string, content: Uint8Array): Node => ({ tag, attrs: {}, content });
  const skey = [
    leaf('id', bigEndian(signedPreKey.id, 3)),
    leaf('value', signedPreKey.key),
    leaf('signature', signedPreKey.signature),
  ];
  const content = [leaf('type', CURVE25519), leaf('identity', identityKey)];
  if (preKey !== undefined) {
    const key = [leaf('id', bigEndian(preKey.id, 3)), leaf('value', preKey.key)];
    content.push({ tag: 'key', attrs: {}, content: key });
  }
  content.push({ tag: 'skey', attrs: {}, content: skey });
  return { tag: 'keys', attrs: {}, content };
}

function readKeys(keys: Node, registrationId: number): KeyBundle | undefined {
  const identityKey = bytesOf(childOf(keys, 'identity'), 32);
  const skey = childOf(keys, 'skey');
  const signed = skey === undefined ? undefined : readKey(skey);
  const signature = skey === undefined ? undefined : bytesOf(childOf(skey, 'signature'), 64);
  if (identityKey === undefined || signed === undefined || signature === undefined) return undefined;
  const bundle = { registrationId, identityKey, signedPreKey: { ...signed, signature } };
  const key = childOf(keys, 'key');
  if (key === undefined) return bundle;
  const preKey = readKey(key);
  return preKey === undefined ? undefined : { ...bundle, preKey };
}

function readKey(node: Node): { id: number; key: Uint8Array } | undefined {
  const id = bytesOf(childOf(node, 'id'), 3);
  const key = bytesOf(childOf(node, 'value'), 32);
  return id === undefined || key === undefined ? undefined : { id: fromBigEndian(id), key };
}
