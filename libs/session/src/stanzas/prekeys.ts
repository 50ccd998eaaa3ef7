import type { UpstreamEvent } from '@causeway/contracts/upstream';
import { limits } from '@causeway/limits';
import { bytesOf, child, children, stanza, type Stanza, textAttr } from '@causeway/xml';
import { gatekeeper } from './addresses.js';
import { buildKey } from './bundle.js';
import { bigEndian, readBigEndian, readDecimal } from './numbers.js';

const KEY_TYPE_CURVE25519 = Buffer.of(5);

const SHA1_BYTES = 20;

type Rotation = Extract<UpstreamEvent, { type: 'signed-prekey.rotate' }>;
type Upload = Extract<UpstreamEvent, { type: 'prekeys.upload' }>;

/** Hands a batch of one-time prekeys to the gatekeeper's directory (IQ namespace `encrypt`). */
export function buildPreKeyUpload(upload: Upload): Stanza {
  return stanza('iq', { type: 'set', xmlns: 'encrypt', to: gatekeeper }, [
    stanza('registration', {}, bigEndian(upload.registrationId, 4)),
    stanza('type', {}, KEY_TYPE_CURVE25519),
    stanza('identity', {}, Buffer.from(upload.identityKey, 'base64')),
    stanza(
      'list',
      {},
      upload.preKeys.map((key) => buildKey('key', key)),
    ),
    buildKey('skey', upload.signedPreKey),
  ]);
}

/** Asks how many one-time prekeys the gatekeeper still has. */
export function buildPreKeyCount(): Stanza {
  return stanza('iq', { type: 'get', xmlns: 'encrypt', to: gatekeeper }, [stanza('count')]);
}

/** @returns the count in an answer or a low-key notification, or undefined when there is none. */
export function readPreKeyCount(received: Stanza): number | undefined {
  return readDecimal(textAttr(child(received, 'count'), 'value'));
}

/** Puts a signed prekey in the place of the one that the gatekeeper holds. */
export function buildRotation({ signedPreKey }: Rotation): Stanza {
  return stanza('iq', { type: 'set', xmlns: 'encrypt', to: gatekeeper }, [
    stanza('rotate', {}, [buildKey('skey', signedPreKey)]),
  ]);
}

/** Asks which keys the gatekeeper holds. */
export function buildDigestQuery(): Stanza {
  return stanza('iq', { type: 'get', xmlns: 'encrypt', to: gatekeeper }, [stanza('digest')]);
}

/** Which keys the gatekeeper holds: ids, and one hash over the public keys. */
export interface Digest {
  readonly registrationId: number;
  readonly signedPreKeyId: number;
  readonly preKeyIds: number[];
  /** SHA-1, base64. */
  readonly hash: string;
}

/** @returns what a digest answer says, or undefined when it is not complete or beyond the limits */
export function readDigest(answer: Stanza): Digest | undefined {
  const digest = child(answer, 'digest');
  if (digest === undefined) return undefined;
  const list = children(child(digest, 'list') ?? stanza('list'), 'id');
  if (list.length > limits.prekeyDigestItems.value) return undefined;
  const skey = child(digest, 'skey');
  const registrationId = readBigEndian(bytesOf(child(digest, 'registration')));
  const signedPreKeyId = skey === undefined ? undefined : readBigEndian(bytesOf(child(skey, 'id')));
  const preKeyIds = list.map((id) => readBigEndian(bytesOf(id))).filter((id) => id !== undefined);
  const hash = bytesOf(child(digest, 'hash'));
  if (registrationId === undefined || signedPreKeyId === undefined) return undefined;
  if (hash?.length !== SHA1_BYTES || preKeyIds.length !== list.length) return undefined;
  return { registrationId, signedPreKeyId, preKeyIds, hash: Buffer.from(hash).toString('base64') };
}
