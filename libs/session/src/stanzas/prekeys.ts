import type { UpstreamEvent } from '@causeway/contracts/upstream';
import { child, stanza, type Stanza } from '@causeway/xml';
import { buildKey } from './bundle.js';
import { bigEndian, readDecimal } from './numbers.js';

const SERVER = 's.whatsapp.net';
const KEY_TYPE_CURVE25519 = Buffer.of(5);

type Upload = Extract<UpstreamEvent, { type: 'prekeys.upload' }>;

/** Hands a batch of one-time prekeys to the gatekeeper's directory (IQ namespace `encrypt`). */
export function buildPreKeyUpload(upload: Upload): Stanza {
  return stanza('iq', { type: 'set', xmlns: 'encrypt', to: SERVER }, [
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
  return stanza('iq', { type: 'get', xmlns: 'encrypt', to: SERVER }, [stanza('count')]);
}

/** @returns the count in an answer or a low-key notification, or undefined when there is none. */
export function readPreKeyCount(received: Stanza): number | undefined {
  return readDecimal(child(received, 'count')?.attrs.value);
}
