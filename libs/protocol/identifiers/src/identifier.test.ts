import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIdentifier } from './index.js';

describe('canonicalIdentifier', () => {
  it.each([
    [' Alice@Example.ORG ', 'email', 'alice@example.org'],
    ['alice+tag@example.org', 'email', 'alice+tag@example.org'],
    ['a.l.i.c.e@example.org', 'email', 'a.l.i.c.e@example.org'],
    ['alice@Bücher.example', 'email', 'alice@xn--bcher-kva.example'],
    // Cyrillic а: another domain, and it shows.
    ['alice@\u0430pple.example', 'email', 'alice@xn--pple-43d.example'],
    ['Jos\u0065\u0301@example.org', 'email', 'jos\u00e9@example.org'],
    ['+49 (1512) 345-6789', 'phone', '+4915123456789'],
    ['4915123456789', 'phone', '+4915123456789'],
    ['+44 (0)20 7946 0018', 'phone', '+442079460018'],
    ['＋４３ ６６４ １２３４５６７', 'phone', '+436641234567'],
    ['Zoe\u0301', 'username', 'zo\u00e9'],
    ['Alice.A_1', 'username', 'alice.a_1'],
    ['ＡＬＩＣＥ', 'username', 'alice'],
    ['Владимир', 'username', 'владимир'],
    ['Ωμέγα', 'username', 'ωμέγα'],
    ['田中さん', 'username', '田中さん'],
    ['علي', 'username', 'علي'],
  ])('knows %j as %s', (text, kind, value) => {
    expect(canonicalIdentifier(text)).toEqual({ kind, value });
  });

  it.each([
    ['nothing', ''],
    ['an address without a domain', 'a@'],
    ['an address without a name', '@b.org'],
    ['a domain of one label', 'a@localhost'],
    ['an address literal', 'a@[127.0.0.1]'],
    ['a domain that is an address', 'a@127.0.0.1'],
    ['a domain that is an address in hex', 'a@0x7f.1'],
    ['a domain with an escape', 'a@%65xample.org'],
    ['a domain with a port', 'a@example.org:25'],
    ['a domain with a soft hyphen', 'a@exam\u00adple.org'],
    ['a quoted name', '"a b"@example.org'],
    ['a name that ends with a dot', 'a.@example.org'],
    ['two addresses', 'a@b.org,c@d.org'],
    ['a header behind an address', 'a@b.org\r\nBcc: c@d.org'],
    ['a name of 65 octets', `${'a'.repeat(65)}@example.org`],
    ['an address of mixed scripts', '\u0430lice@example.org'],
    ['a blank inside', 'a b'],
    ['a zero byte', 'a\u0000b@c.org'],
    ['no digits', '+'],
    ['a number that is too short', '+49 1'],
    ['a number that is too long', '+49 151234567890123'],
    ['a country that is none', '+999 1234567'],
    ['a national number', '0151 23456789'],
    ['a number of trunk prefixes', '49000000'],
    ['digits of another script', '+\u0664\u0669 1512 3456789'],
    ['one letter', 'a'],
    ['65 letters', 'a'.repeat(65)],
    ['a Latin word with a Cyrillic letter', 'p\u0430ypal'],
    ['a Latin word in Cyrillic letters', '\u0440\u0430\u0443\u0440\u0430\u0443'.slice(0, 3)],
    ['a Latin word in Greek letters', '\u03bf\u03c1\u03b1'],
    ['a zero-width joiner', 'ali\u200dce'],
    ['a right-to-left override', 'alice\u202egro'],
    ['a ligature', 'o\ufb03ce'],
    ['mathematical letters', '\u{1d41a}lice'],
    ['a symbol', 'alice\u2764'],
    ['a lone surrogate', 'alice\ud800'],
    ['a private character', 'alice\ue000'],
    ['marks without a letter', '\u0301\u0301'],
    ['two dots', 'a..b'],
    ['100 KB', 'a'.repeat(102_400)],
    ['a 100 KB address', `${'a'.repeat(102_400)}@example.org`],
  ])('refuses %s', (_what, text) => {
    expect(canonicalIdentifier(text)).toBeUndefined();
  });

  it('is its own canonical form, bounded, and without letters of other cases', () => {
    const texts = fc.oneof(
      fc.emailAddress(),
      fc.stringMatching(/^\+?[0-9]{6,15}$/),
      fc.stringMatching(/^[\p{L}\p{N}._-]{2,64}$/u),
      fc.string({ unit: 'binary', maxLength: 330 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const once = canonicalIdentifier(text);
        if (once === undefined) return;
        expect(canonicalIdentifier(once.value)).toEqual(once);
        expect(once.value.toLowerCase()).toBe(once.value);
        expect(Buffer.byteLength(once.value)).toBeLessThanOrEqual(320);
      }),
      { numRuns: 500 },
    );
  });

  it('knows what differs in case and composition alone as the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.stringMatching(/^[a-zé]{2,20}$/)), (text) => {
        const form = canonicalIdentifier(text);
        expect(canonicalIdentifier(text.normalize('NFD'))).toEqual(form);
        expect(canonicalIdentifier(text.toUpperCase())).toEqual(form);
      }),
    );
  });
});
