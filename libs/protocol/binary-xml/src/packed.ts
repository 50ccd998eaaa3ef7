import { BinaryXmlError } from './binary-xml-error.js';
import { tags } from './tags.js';
import type { Writer } from './writer.js';

// By reference: once any library of the process extends String, V8 looks this method up anew for each character.
const { charCodeAt } = String.prototype;
const nibbles = '0123456789-.';
const hex = '0123456789ABCDEF';
const pad = 15;
const none = 0xff;
/** Writers pack at most this many characters; the length byte has room for 127 bytes. */
const maxCharacters = 127;

const nibbleOf = valuesOf(nibbles);
const hexOf = valuesOf(hex);

/** Value of each ASCII character in an alphabet, `none` for those that it does not have. */
function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(none);
  for (let value = 0; value < alphabet.length; value++) values[charCodeAt.call(alphabet, value)] = value;
  return values;
}

function allIn(values: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt.call(text, i);
    if (code >= values.length || values[code] === none) return false;
  }
  return true;
}

/** Write a text of digits, `-` and `.`, or of upper-case hex digits, two characters a byte; false when it is neither. */
export function writePacked(writer: Writer, text: string): boolean {
  if (text === '' || text.length > maxCharacters) return false;
  const values = allIn(nibbleOf, text) ? nibbleOf : allIn(hexOf, text) ? hexOf : undefined;
  if (values === undefined) return false;
  const { length } = text;
  const count = (length + 1) >> 1;
  writer.twoBytes(values === nibbleOf ? tags.nibble8 : tags.hex8, count | (length % 2 === 1 ? 0x80 : 0));
  for (let i = 0; i < length; i += 2) {
    const high = values[charCodeAt.call(text, i)] as number;
    const low = i + 1 < length ? (values[charCodeAt.call(text, i + 1)] as number) : pad;
    writer.byte((high << 4) | low);
  }
  return true;
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
    const byte = bytes[i >> 1] as number;
    const character = alphabet[i % 2 === 0 ? byte >> 4 : byte & 0x0f];
    if (character === undefined) throw new BinaryXmlError('bad_packed');
    text += character;
  }
  return text;
}
