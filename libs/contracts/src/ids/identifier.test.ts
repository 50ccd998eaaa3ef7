import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIdentifier } from './index.js';

describe('canonicalIdentifier', () => {
  it.each([
    [' Alice@Example.ORG ', 'email', 'alice@example.org'],
    ['+49 (155) 500-01', 'phone', '+4915550001'],
    ['4915550001', 'phone', '+4915550001'],
    ['Zoe\u0301', 'username', 'zo\u00e9'],
  ])('knows %j as %s', (text, kind, value) => {
    expect(canonicalIdentifier(text)).toEqual({ kind, value });
  });

  it.each(['', 'a@', '@b', 'a b', '+', 'x'.repeat(321), 'a\u0000b@c'])('refuses %j', (text) => {
    expect(canonicalIdentifier(text)).toBeUndefined();
  });

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.stringMatching(/^\+?[0-9]{6,14}$/)), (text) => {
        const once = canonicalIdentifier(text);
        if (once !== undefined) expect(canonicalIdentifier(once.value)).toEqual(once);
      }),
    );
  });
});
