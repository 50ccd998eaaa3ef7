import type { ByteRange } from '../blobs/blobs.js';

const ONE_RANGE = /^bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))$/i;

/**
 * Reads a Range header (RFC 9110, 14.2) for a blob of `size` bytes, at least one.
 * @returns the range; undefined when there is no header; `refused` for several ranges, bytes that are not there, and
 *   whatever is no range of bytes
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined | 'refused' {
  if (header === undefined) return undefined;
  const [, first, last = '', suffix] = ONE_RANGE.exec(header.trim()) ?? [];
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size);
    return length === 0 ? 'refused' : { start: size - length, end: size - 1 };
  }
  if (first === undefined) return 'refused';
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'refused' : { start, end };
}
