import { WireBundle } from '@causeway/contracts/upstream';
import { parseAddress } from '@causeway/jid';
import { bytesOf, child, children, stanza, type Stanza } from '@causeway/xml';
import { gatekeeper } from './addresses.js';
import { bigEndian, readBigEndian } from './numbers.js';

const KEY_TYPE_CURVE25519 = Buffer.of(5);

/** Asks for somebody's prekey bundle (IQ namespace `encrypt`). @throws {JidError} */
export function buildBundleQuery(peer: string): Stanza {
  const key = stanza('key', {}, [stanza('user', { jid: parseAddress(peer) })]);
  return stanza('iq', { type: 'get', xmlns: 'encrypt', to: gatekeeper }, [key]);
}

/**
 * Reads the answer of a bundle query.
 * @returns the bundle, or undefined when the gatekeeper has none for this user
 */
export function readBundleAnswer(answer: Stanza): WireBundle | undefined {
  const list = child(answer, 'list');
  const [user] = list === undefined ? [] : children(list, 'user');
  return user === undefined || child(user, 'error') !== undefined ? undefined : readKeys(user, user);
}

/** `<keys>` of a retry receipt: with it the sender starts a new session at once. */
export function buildRetryKeys(bundle: WireBundle): Stanza {
  return stanza('keys', {}, [
    stanza('type', {}, KEY_TYPE_CURVE25519),
    stanza('identity', {}, Buffer.from(bundle.identityKey, 'base64')),
    ...(bundle.preKey === undefined ? [] : [buildKey('key', bundle.preKey)]),
    buildKey('skey', bundle.signedPreKey),
  ]);
}

/** @returns the keys that a retry receipt encloses, if any that are complete. */
export function readRetryKeys(receipt: Stanza): WireBundle | undefined {
  const keys = child(receipt, 'keys');
  return keys === undefined ? undefined : readKeys(keys, receipt);
}

/** `<key>` or `<skey>`: id in 3 bytes, value, and for a signed prekey the signature. */
export function buildKey(tag: 'key' | 'skey', key: { id: number; key: string; signature?: string }): Stanza {
  return stanza(tag, {}, [
    stanza('id', {}, bigEndian(key.id, 3)),
    stanza('value', {}, Buffer.from(key.key, 'base64')),
    ...(key.signature === undefined ? [] : [stanza('signature', {}, Buffer.from(key.signature, 'base64'))]),
  ]);
}

function readKeys(keys: Stanza, registrationHolder: Stanza): WireBundle | undefined {
  const preKey = child(keys, 'key');
  const parsed = WireBundle.safeParse({
    registrationId: readBigEndian(bytesOf(child(registrationHolder, 'registration'))),
    identityKey: base64(child(keys, 'identity')),
    signedPreKey: readKey(child(keys, 'skey')),
    ...(preKey !== undefined && { preKey: readKey(preKey) }),
  });
  return parsed.success ? parsed.data : undefined;
}

function readKey(element: Stanza | undefined) {
  if (element === undefined) return undefined;
  const signature = child(element, 'signature');
  return {
    id: readBigEndian(bytesOf(child(element, 'id'))),
    key: base64(child(element, 'value')),
    ...(signature !== undefined && { signature: base64(signature) }),
  };
}

function base64(element: Stanza | undefined): string | undefined {
  const bytes = bytesOf(element);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('base64');
}
