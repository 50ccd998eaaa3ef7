import { randomInt } from 'node:crypto';
import { ContentError } from '../phone-errors.js';

const MOST = 15;

/** Appends 1 to 15 bytes, each equal to their count. */
export function pad(content: Uint8Array, count = randomInt(1, MOST + 1)): Uint8Array {
  const padded = new Uint8Array(content.length + count).fill(count);
  padded.set(content);
  return padded;
}

/** Takes the padding off. Throws ContentError `padding_invalid` unless all of it is as {@link pad} writes it. */
export function unpad(padded: Uint8Array): Uint8Array {
  const count = padded.at(-1) ?? 0;
  const content = padded.subarray(0, Math.max(0, padded.length - count));
  const padding = padded.subarray(content.length);
  if (count < 1 || count > MOST || padding.length !== count || padding.some((byte) => byte !== count)) {
    throw new ContentError('padding_invalid');
  }
  return content;
}
