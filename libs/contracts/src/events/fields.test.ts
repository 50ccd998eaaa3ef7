import { expect, it } from 'vitest';
import { Bytes32, Bytes64, Key32 } from './fields.js';

const lengths = (schema: { safeParse(value: unknown): { success: boolean } }) =>
  Array.from({ length: 70 }, (_, length) => length).filter(
    (length) => schema.safeParse(Buffer.alloc(length, 0xfb).toString('base64')).success,
  );

it('bytes of a fixed length are of no other that base64 writes with as many characters', () => {
  expect([Bytes32, Key32, Bytes64].map(lengths)).toEqual([[32], [32], [64]]);
  // Of the URL alphabet, or without padding.
  expect(Bytes32.safeParse(Buffer.alloc(32, 0xfb).toString('base64url')).success).toBe(false);
});
