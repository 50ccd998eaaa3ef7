import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { crc32c } from './crc32c.js';

it.each([
  ['', 0],
  ['123456789', 0xe3069283],
  // RFC 3720, B.4.
  ['\0'.repeat(32), 0x8a9136aa],
])('has the checksum that is known of "%s"', (text, checksum) => {
  const bytes = Buffer.from(text, 'latin1');
  expect(crc32c(bytes, 0, bytes.length)).toBe(checksum);
});

it('takes a part of the bytes', () => {
  const bytes = Buffer.from('..123456789..');
  expect(crc32c(bytes, 2, 11)).toBe(0xe3069283);
});
