import { IncomingMessage } from '@causeway/contracts/downstream';
import type { OutgoingMessage } from '@causeway/contracts/upstream';
import { parseAddress } from '@causeway/jid';
import { limits } from '@causeway/limits';
import { bytesOf, child, stanza, type Stanza, textAttr } from '@causeway/xml';
import { senderOf } from './addresses.js';
import { readDecimal } from './numbers.js';
import { nack } from './nack.js';
import { StanzaInvalid } from './stanza-invalid.js';

const ENC_VERSION = '2';

/**
 * `<message id type to><participants><to jid><enc v="2" type/></to></participants></message>`; a message that is sent
 * again on request goes to that one device, with the count in `<enc>` and without `<participants>`.
 * @throws {JidError} when the recipient is no address
 */
export function buildMessage(id: string, message: OutgoingMessage): Stanza {
  const { stanzaType: type, retryCount } = message;
  const to = parseAddress(message.to);
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
 * @throws {StanzaInvalid} when an attribute or the ciphertext is missing, not understood or too long, or an address is text
 */
export function readMessage(received: Stanza): IncomingMessage {
  const enc = child(received, 'enc');
  const ciphertext = bytesOf(enc);
  if (enc === undefined || ciphertext === undefined || enc.attrs.v !== ENC_VERSION)
    throw new StanzaInvalid(nack.parsing);
  if (ciphertext.length > limits.stanzaCiphertextBytes.value) throw new StanzaInvalid(nack.unhandled);
  const retryCount = readDecimal(textAttr(enc, 'count'));
  const parsed = IncomingMessage.safeParse({
    id: received.attrs.id,
    from: senderOf(received),
    timestamp: readDecimal(textAttr(received, 't')) ?? 0,
    encrypted: { type: enc.attrs.type, ciphertext: Buffer.from(ciphertext).toString('base64') },
    ...(retryCount !== undefined && { retryCount }),
  });
  if (!parsed.success) throw new StanzaInvalid(nack.parsing);
  return parsed.data;
}
