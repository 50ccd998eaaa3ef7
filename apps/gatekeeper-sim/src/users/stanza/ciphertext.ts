import type { Node } from '../../seam.js';
import { ContentError } from '../phone-errors.js';
import { phoneLimits } from '../phone-limits.js';
import type { Ciphertext } from '../signal/signal-device.js';
import { bytesOf, childOf, childrenOf } from './stanza.js';

/**
 * The ciphertext of a message for one phone: `<enc>` in the message itself, or in its own entry of
 * `<participants>`. Throws ContentError `ciphertext_missing`, `ciphertext_version` or `ciphertext_too_large`.
 */
export function readCiphertext(message: Node, phone: string): Ciphertext {
  const participants = childOf(message, 'participants');
  const own =
    participants && childrenOf(participants, 'to').find(({ attrs }) => withoutDevice(attrs.jid) === phone);
  const enc = childOf(message, 'enc') ?? (own && childOf(own, 'enc'));
  const bytes = bytesOf(enc);
  if (enc === undefined || bytes === undefined) throw new ContentError('ciphertext_missing');
  const kind = enc.attrs.type;
  if (enc.attrs.v !== '2' || (kind !== 'pkmsg' && kind !== 'msg'))
    throw new ContentError('ciphertext_version');
  if (bytes.length > phoneLimits.ciphertextBytes) throw new ContentError('ciphertext_too_large');
  return { kind, bytes };
}

function withoutDevice(jid: string | undefined): string | undefined {
  return jid?.replace(/:\d+@/, '@');
}
