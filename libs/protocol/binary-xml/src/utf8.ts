import { BinaryXmlError } from './binary-xml-error.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Up to here a loop in JavaScript is faster than a call into the decoder. */
const shortText = 24;

/**
 * The text of `data[start, end)`.
 *
 * @throws BinaryXmlError `bad_utf8`
 */
export function utf8Text(data: Uint8Array, start: number, end: number): string {
  if (end - start <= shortText) {
    let text = '';
    for (let at = start; at < end; at++) {
      const byte = data[at] as number;
      if (byte > 0x7f) return decoded(data.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return decoded(data.subarray(start, end));
}

function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BinaryXmlError('bad_utf8');
  }
}
