import { randomInt } from 'node:crypto';
import { ContentError } from './errors.js';

/**
 * Appends 1 to 15 bytes, each equal to their count, before encryption (`<enc v="2">`).
 * @param length how many bytes to append; random unless a test fixes it
 */
export function padMessage(bytes: Uint8Array, length: number = randomInt(1, 16)): Uint8Array {
  if (!Number.isInteger(length) || length < 1 || length > 15) throw new ContentError('padding_invalid');
  const padded = new Uint8Array(bytes.byteLength + length).fill(length);
  padded.set(bytes);
  return padded;
}

/**
 * Removes the padding after decryption. Sixteen bytes are read too: one public client writes them.
 * @throws ContentError `padding_invalid`
 */
export function unpadMessage(padded: Uint8Array): Uint8Array {
  const length = padded.at(-1) ?? 0;
  if (length < 1 || length > 16 || length > padded.byteLength) throw new ContentError('padding_invalid');
  const end = padded.byteLength - length;
  if (padded.subarray(end).some((byte) => byte !== length)) throw new ContentError('padding_invalid');
  return padded.slice(0, end);
}
