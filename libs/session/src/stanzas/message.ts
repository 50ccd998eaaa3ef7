import { IncomingMessage } from '@causeway/contracts/downstream';
import type { OutgoingMessage } from '@causeway/contracts/upstream';
import { limits } from '@causeway/limits';
import { bytesOf, child, stanza, type Stanza } from '@causeway/xml';
import { readDecimal } from './numbers.js';
import { nack } from './nack.js';
import { StanzaInvalid } from './stanza-invalid.js';

const ENC_VERSION = '2';

/**
 * `<message id type to><participants><to jid><enc v="2" type/></to></participants></message>`; a message that is sent
 * again on request goes to that one device, with the count in `<enc>` and without `<participants>`.
 */
export function buildMessage(id: string, message: OutgoingMessage): Stanza {
  const { to, stanzaType: type, retryCount } = message;
  const ciphertext = Buffer.from(message.encrypted.ciphertext, 'base64');
  const attrs = { v: ENC_VERSION, type: message.encrypted.type, count: retryCount?.toString() };
  const enc = stanza('enc', attrs, ciphertext);
  if (retryCount !== undefined) return stanza('message', { id, type, to, device_fanout: 'false' }, [enc]);
  return stanza('message', { id, type, to }, [
    stanza('participants', {}, [stanza('to', { jid: to }, [enc])]),
  ]);
}

/**
 * Reads `<message id from t><enc v="2" type/></message>`; other children are left alone.
 * @throws {StanzaInvalid} when an attribute or the ciphertext is missing, not understood or too long
 */
export function readMessage(received: Stanza): IncomingMessage {
  const enc = child(received, 'enc');
  const ciphertext = bytesOf(enc);
  if (enc === undefined || ciphertext === undefined || enc.attrs.v !== ENC_VERSION)
    throw new StanzaInvalid(nack.parsing);
  if (ciphertext.length > limits.stanzaCiphertextBytes.value) throw new StanzaInvalid(nack.unhandled);
  const retryCount = readDecimal(enc.attrs.count);
  const parsed = IncomingMessage.safeParse({
    id: received.attrs.id,
    from: received.attrs.participant ?? received.attrs.from,
    timestamp: readDecimal(received.attrs.t) ?? 0,
    encrypted: { type: enc.attrs.type, ciphertext: Buffer.from(ciphertext).toString('base64') },
    ...(retryCount !== undefined && { retryCount }),
  });
  if (!parsed.success) throw new StanzaInvalid(nack.parsing);
  return parsed.data;
}
