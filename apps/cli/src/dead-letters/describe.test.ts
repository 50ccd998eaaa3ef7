import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoted } from './describe.js';

it('writes what others wrote as JSON in which a terminal finds nothing to obey', () => {
  expect(quoted('\u009b2J\u001b[2J\u202egnp\u007f')).toBe('"\\u009b2J\\u001b[2J\\u202egnp\\u007f"');
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      const text = quoted(json);
      expect(JSON.parse(text)).toBe(json);
      // eslint-disable-next-line no-control-regex -- these are what must not be there
      expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});
