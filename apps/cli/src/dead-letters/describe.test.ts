import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoted } from './describe.js';

it('writes what others wrote as JSON in which a terminal finds nothing to obey', () => {
  expect(quoted('\u009b2J\u001b[2J\u202egnp\u007f')).toBe('"\\u009b2J\\u001b[2J\\u202egnp\\u007f"');
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      const text = quoted(json);
      expect(JSON.parse(text)).toBe(json);
      expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }),
  );
});
