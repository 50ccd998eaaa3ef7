import { WireBundle } from '@causeway/contracts/upstream';
import { type Jid, parseAddress } from '@causeway/jid';
import { bytesOf, child, children, stanza, type Stanza } from '@causeway/xml';
import type { KeyPair, PreKeyPair, SignedPreKeyPair } from '../suites/port.js';

/* How keys travel on the wire (IQ namespace `encrypt`): numbers big-endian, key type 5 for Curve25519. */

/** The gatekeeper itself, to whom queries go. */
export const server: Jid = { user: '', server: 's.whatsapp.net' };
const curve25519 = Uint8Array.of(5);

/** Hands one-time prekeys to the gatekeeper's directory. */
export function preKeyUpload(
  identity: KeyPair & { readonly registrationId: number },
  signed: SignedPreKeyPair,
  preKeys: readonly PreKeyPair[],
): Stanza {
  const list = preKeys.map(({ id, publicKey }) => keyElement('key', { id, key: publicKey }));
  return stanza('iq', { type: 'set', xmlns: 'encrypt', to: server }, [
    stanza('registration', {}, bigEndian(identity.registrationId, 4)),
    stanza('type', {}, curve25519),
    stanza('identity', {}, identity.publicKey),
    stanza('list', {}, list),
    keyElement('skey', { id: signed.id, key: signed.publicKey, signature: signed.signature }),
  ]);
}

/** Puts a new signed prekey into the gatekeeper's directory, in the place of the one that is there. */
export function signedPreKeyRotation(signed: SignedPreKeyPair): Stanza {
  const skey = keyElement('skey', { id: signed.id, key: signed.publicKey, signature: signed.signature });
  return stanza('iq', { type: 'set', xmlns: 'encrypt', to: server }, [stanza('rotate', {}, [skey])]);
}

export function preKeyCount(): Stanza {
  return stanza('iq', { type: 'get', xmlns: 'encrypt', to: server }, [stanza('count')]);
}

/** @throws JidError */
export function bundleQuery(peer: string): Stanza {
  const user = stanza('key', {}, [stanza('user', { jid: parseAddress(peer) })]);
  return stanza('iq', { type: 'get', xmlns: 'encrypt', to: server }, [user]);
}

/** @returns the bundle of a bundle query's answer; undefined when the gatekeeper has none */
export function bundleIn(answer: Stanza): WireBundle | undefined {
  const [user] = children(child(answer, 'list') ?? stanza('list'), 'user');
  return user === undefined || child(user, 'error') ? undefined : readBundle(user, user);
}

/** @returns the keys that a retry receipt encloses, if they are whole */
export function retryBundle(receipt: Stanza): WireBundle | undefined {
  const keys = child(receipt, 'keys');
  return keys && readBundle(keys, receipt);
}

/** `<registration>` and `<keys>` of a request to send a message again. */
export function retryElements(registrationId: number, bundle: WireBundle | undefined): Stanza[] {
  const registration = stanza('registration', {}, bigEndian(registrationId, 4));
  if (bundle === undefined) return [registration];
  const { identityKey, preKey, signedPreKey } = bundle;
  const keys = stanza('keys', {}, [
    stanza('type', {}, curve25519),
    stanza('identity', {}, bytes(identityKey)),
    ...(preKey === undefined ? [] : [keyElement('key', { id: preKey.id, key: bytes(preKey.key) })]),
    keyElement('skey', {
      id: signedPreKey.id,
      key: bytes(signedPreKey.key),
      signature: bytes(signedPreKey.signature),
    }),
  ]);
  return [registration, keys];
}

/** @returns a number of up to 6 bytes, or undefined */
export function numberIn(element: Stanza | undefined): number | undefined {
  const content = bytesOf(element);
  if (content === undefined || content.length === 0 || content.length > 6) return undefined;
  return Buffer.from(content).readUIntBE(0, content.length);
}

function readBundle(keys: Stanza, registrationHolder: Stanza): WireBundle | undefined {
  const preKey = child(keys, 'key');
  return WireBundle.safeParse({
    registrationId: numberIn(child(registrationHolder, 'registration')),
    identityKey: text(child(keys, 'identity')),
    signedPreKey: readKey(child(keys, 'skey')),
    ...(preKey && { preKey: readKey(preKey) }),
  }).data;
}

function readKey(element: Stanza | undefined) {
  if (element === undefined) return undefined;
  const signature = child(element, 'signature');
  const key = { id: numberIn(child(element, 'id')), key: text(child(element, 'value')) };
  return signature === undefined ? key : { ...key, signature: text(signature) };
}

function keyElement(
  tag: 'key' | 'skey',
  key: { id: number; key: Uint8Array; signature?: Uint8Array },
): Stanza {
  const signature = key.signature === undefined ? [] : [stanza('signature', {}, key.signature)];
  const parts = [stanza('id', {}, bigEndian(key.id, 3)), stanza('value', {}, key.key), ...signature];
  return stanza(tag, {}, parts);
}

function bigEndian(value: number, length: number): Uint8Array {
  const buffer = Buffer.alloc(length);
  buffer.writeUIntBE(value, 0, length);
  return buffer;
}

function text(element: Stanza | undefined): string | undefined {
  const content = bytesOf(element);
  return content && Buffer.from(content).toString('base64');
}

function bytes(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64');
}
