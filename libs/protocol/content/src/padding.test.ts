import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ContentError, padMessage, unpadMessage } from './index.js';

it('adds 1 to 15 bytes that say how many they are', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const padded = padMessage(bytes);
      const added = padded.byteLength - bytes.byteLength;
      expect(added).toBeGreaterThanOrEqual(1);
      expect(added).toBeLessThanOrEqual(15);
      expect([...padded.subarray(bytes.byteLength)]).toEqual(new Array<number>(added).fill(added));
      expect(unpadMessage(padded)).toEqual(bytes);
    }),
  );
});

it('reads the sixteen bytes that one client writes', () => {
  expect(unpadMessage(new Uint8Array(17).fill(16))).toEqual(new Uint8Array([16]));
});

it.each([[[]], [[0]], [[1, 2]], [[5, 5]], [[3, 2, 3]], [new Array<number>(20).fill(17)]])(
  'refuses %j',
  (bytes) => {
    expect(() => unpadMessage(new Uint8Array(bytes))).toThrow(ContentError);
  },
);

it('refuses to add a count out of range', () => {
  for (const length of [0, 16, 1.5, NaN])
    expect(() => padMessage(new Uint8Array(), length)).toThrow(ContentError);
});
