import { BinaryXmlError } from './binary-xml-error.js';
import { tags } from './tags.js';

const nibbles = '0123456789-.';
const hex = '0123456789ABCDEF';
const pad = 15;
/** Writers pack at most this many characters; the length byte has room for 127 bytes. */
const maxCharacters = 127;

/** Pack a text of digits, `-` and `.`, or of upper-case hex digits, two characters a byte; undefined when it is neither. */
export function pack(text: string): { tag: number; bytes: Uint8Array } | undefined {
  if (text === '' || text.length > maxCharacters) return undefined;
  if (/^[0-9.-]+$/.test(text)) return { tag: tags.nibble8, bytes: packWith(nibbles, text) };
  if (/^[0-9A-F]+$/.test(text)) return { tag: tags.hex8, bytes: packWith(hex, text) };
  return undefined;
}

function packWith(alphabet: string, text: string): Uint8Array {
  const count = Math.ceil(text.length / 2);
  const bytes = new Uint8Array(count + 1);
  bytes[0] = count | (text.length % 2 === 1 ? 0x80 : 0);
  for (let i = 0; i < count; i++) {
    const low = text.charAt(2 * i + 1);
    bytes[i + 1] = (alphabet.indexOf(text.charAt(2 * i)) << 4) | (low === '' ? pad : alphabet.indexOf(low));
  }
  return bytes;
}

/**
 * Unpack the bytes that follow the length byte.
 *
 * @throws BinaryXmlError `bad_packed` for a value outside the alphabet or an odd length without a byte
 */
export function unpack(tag: number, odd: boolean, bytes: Uint8Array): string {
  const alphabet = tag === tags.hex8 ? hex : nibbles;
  if (odd && bytes.length === 0) throw new BinaryXmlError('bad_packed');
  const length = 2 * bytes.length - (odd ? 1 : 0);
  let text = '';
  for (let i = 0; i < length; i++) {
    const byte = bytes[i >> 1] ?? 0;
    const character = alphabet[i % 2 === 0 ? byte >> 4 : byte & 0x0f];
    if (character === undefined) throw new BinaryXmlError('bad_packed');
    text += character;
  }
  return text;
}
