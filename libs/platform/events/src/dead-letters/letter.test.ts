import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneOf, redactedHeaders } from './letter.js';

describe('what is shown of a letter', () => {
  it('has no header that could name somebody, and no value that we would not have written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.string(), (headers, secret) => {
        const shown = redactedHeaders({ ...headers, ce_subject: secret, ce_id: secret, 'x-note': secret });
        expect(shown).not.toHaveProperty('ce_subject');
        expect(shown).not.toHaveProperty('x-note');
        for (const value of Object.values(shown))
          expect(value).toMatch(/^([\x21-\x7e]{1,128}|\(not shown\))$/);
      }),
    );
  });

  it('tells lanes apart without their key', () => {
    expect(laneOf('a')).toMatch(/^[0-9a-f]{16}$/);
    expect(laneOf('a')).not.toBe(laneOf('b'));
  });
});
