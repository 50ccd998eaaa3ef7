import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentError } from '../phone-errors.js';
import { pad, unpad } from './padding.js';

describe('message padding', () => {
  it('comes off as it went on, and is 1 to 15 bytes each equal to their count', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (content) => {
        const padded = pad(content);
        const count = padded.length - content.length;
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(15);
        expect([...padded.subarray(content.length)]).toEqual(Array.from({ length: count }, () => count));
        expect(unpad(padded)).toEqual(content);
      }),
    );
  });

  it('refuses anything else with the one error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        try {
          const content = unpad(bytes);
          expect(pad(content, bytes.length - content.length)).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ContentError);
        }
      }),
    );
  });
});
