import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { relayUrl } from './relay-path.js';

const base = 'https://media.example:8443';

describe('a path of the gatekeeper’s media host', () => {
  it.each([
    '/v/t62.7118-24/12345_n.enc?ccb=11-4&oh=01_Q5Aa&oe=67890&_nc_sid=5e03e0',
    '/v/t62.7118-24/AbC-_~9',
    '/mms/image/a=b?x=%2F..%2F',
    '/interop/whatsapp/download/7/reference/',
  ])('is taken as it is: %s', (path) => {
    expect(relayUrl(base, path).href).toBe(`${base}${path}`);
  });

  it.each([
    '//evil.example/x',
    '/v//x',
    '///x',
    '/\\evil.example/x',
    '/v/../x',
    '/..',
    '/./x',
    '/v/%2e%2e/x',
    '/v/%2E./x',
    '/v%2f..%2fx',
    '/v%5c..%5cx',
    '/v/x%00',
    '/v/a%3D',
    '/@evil.example',
    '/v@evil.example/x',
    '@evil.example/x',
    ':443@evil.example/',
    '.evil.example/x',
    'https://evil.example/x',
    '/v/x#y',
    '/v/x?y#z',
    '/v/x?y=%zz',
    '/v/x?y=@evil.example',
    '/v/x?\\',
    '/v/\u0000',
    '/v/x y',
    '/v/\u00e9',
    '',
  ])('is refused: %s', (path) => {
    expect(() => relayUrl(base, path)).toThrow(expect.objectContaining({ code: 'relay_path_refused' }));
  });

  it('never leads elsewhere, whatever it is', () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      '..',
      '.',
      '@',
      '%2e',
      '%2f',
      '\\',
      '?',
      '#',
      ':',
      'a',
      'evil.example',
      '\t',
    );
    const path = fc.oneof(
      fc.string(),
      fc.array(piece).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(path, (given) => {
        let url: URL;
        try {
          url = relayUrl(base, given);
        } catch (error) {
          expect(error).toMatchObject({ code: 'relay_path_refused' });
          return;
        }
        expect(url.origin).toBe(base);
        expect(url.href).toBe(`${base}${given}`);
      }),
      { numRuns: 2_000 },
    );
  });
});
