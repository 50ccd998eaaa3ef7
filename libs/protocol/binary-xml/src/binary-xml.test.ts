import { type Jid, parseAddress } from '@causeway/jid';
import { stanza, type Stanza } from '@causeway/xml';
import { describe, expect, it } from 'vitest';
import {
  BinaryXmlError,
  bundledDictionary,
  decodeStanza,
  decodeStanzaHead,
  encodeStanza,
  loadDictionary,
} from './index.js';

const dictionary = bundledDictionary();
const limits = { maxBytes: 1 << 20, maxDepth: 16, maxElements: 1000, maxAttributes: 64 };

const encode = (element: Stanza, direction: 'client' | 'server' = 'client') =>
  encodeStanza(element, { dictionary, direction });
const decode = (bytes: Uint8Array, direction?: 'client' | 'server') =>
  decodeStanza(bytes, { dictionary, limits, ...(direction && { direction }) });
const fromHex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof BinaryXmlError) return error.code;
    throw error;
  }
  return 'accepted';
}

const user42: Jid = { user: '42', server: 'interop', device: 7, integrator: 300 };

// Written by hand: an iq whose `to` is user 42, device 7 of integrator 300, as a server and as a client writes it.
const fromServer = fromHex('f8 03 19 11 f5 ff 01 42 00 07 01 2c fc 07 69 6e 74 65 72 6f 70');
const fromClient = fromHex('f8 03 19 11 f5 ff 01 42 00 07 01 2c');
const interopIq = stanza('iq', { to: user42 });

describe('the interop JID', () => {
  it('carries the server string only from server to client', () => {
    const iq = stanza('iq', { to: parseAddress('300-4242:7@interop') });
    expect(hex(encode(iq, 'server'))).toBe('f8031911f5ff0242420007012cfc07696e7465726f70');
    expect(hex(encode(iq, 'client'))).toBe('f8031911f5ff0242420007012c');
  });

  it('is read in both forms', () => {
    expect(decode(fromServer)).toEqual(interopIq);
    expect(decode(fromClient)).toEqual(interopIq);
    expect(decode(fromServer, 'server')).toEqual(interopIq);
    expect(decode(fromClient, 'client')).toEqual(interopIq);
  });

  it('does not run into the next attribute', () => {
    const twoAttributes = stanza('iq', { to: user42, id: 'x1' });
    expect(decode(encode(twoAttributes))).toEqual(twoAttributes);
    const followed = stanza('iq', { to: user42, interop: '1' });
    expect(decode(encode(followed, 'client'), 'client')).toEqual(followed);
    expect(decode(encode(followed, 'server'))).toEqual(followed);
  });

  it('is refused in the other form when the writer is known', () => {
    expect(codeOf(() => decode(fromServer, 'client'))).toBe('trailing_bytes');
    expect(codeOf(() => decode(fromClient, 'server'))).toBe('bad_jid');
  });
});

const jidForms: [string, string][] = [
  ['s.whatsapp.net', 'fa 00 03'],
  ['call', 'fa 00 64'],
  ['interop', 'fa 00 fc 07'],
  ['4915@s.whatsapp.net', 'fa ff 02 49 15 03'],
  ['4915:0@s.whatsapp.net', 'f7 00 00 ff 02 49 15'],
  ['4915:3@s.whatsapp.net', 'f7 00 03 ff 02 49 15'],
  ['4915@lid', 'fa ff 02 49 15 76'],
  ['4915:0@lid', 'f7 01 00 ff 02 49 15'],
  ['4915:3@lid', 'f7 01 03 ff 02 49 15'],
  ['4915:3@hosted', 'f7 80 03 ff 02 49 15'],
  ['4915:3@hosted.lid', 'f7 81 03 ff 02 49 15'],
  ['4915.7:3@s.whatsapp.net', 'f7 07 03 ff 02 49 15'],
  ['4915.7@s.whatsapp.net', 'f7 07 00 ff 02 49 15'],
  ['999:300@msgr', 'f6 ff 82 99 9f 01 2c'],
  ['999@msgr', 'f6 ff 82 99 9f 00 00'],
  ['300-4915@interop', 'f5 ff 02 49 15 00 00 01 2c'],
  ['12-34@g.us', 'fa ff 83 12 a3 4f 1c'],
  ['alice@example.org', 'fa fc 05 61 6c 69 63 65 fc 0b'],
];

const textForms: [string, string][] = [
  ['s.whatsapp.net', '03'],
  ['4915:3@s.whatsapp.net', 'fc 15'],
  ['300-42:7@interop', 'fc 10'],
  ['alice@example.org', 'fc 11'],
  ['0', '2d'],
  ['1.5-2', 'ff 83 1b 5a 2f'],
  ['ABCD1', 'fb 83 ab cd 1f'],
  ['abcd1', 'fc 05'],
  ['', 'fc 00'],
];

describe('attribute values', () => {
  const comesBack = (to: string | Jid, form: string) => {
    const element = stanza('iq', { to });
    const bytes = encode(element);
    expect(hex(bytes)).toContain(`f8031911${form.replaceAll(' ', '')}`);
    const read = decode(bytes);
    expect(read).toEqual(element);
    expect(encode(read)).toEqual(bytes);
  };
  it.each(jidForms)('the JID %s has the form %s…', (text, form) => comesBack(parseAddress(text), form));
  it.each(textForms)('the text %j has the form %s…, whatever it looks like', comesBack);

  it.each(['12-42@interop', '42@msgr', '42.7@s.whatsapp.net'])(
    'reads device 0 of %s as none: the form always holds one',
    (text) => {
      const jid = parseAddress(text);
      expect(decode(encode(stanza('iq', { to: { ...jid, device: 0 } }))).attrs['to']).toEqual(jid);
    },
  );

  it('reads a JID pair whose user text holds the structure', () => {
    const pair = fromHex('f8 03 19 11 fa fc 08 33 30 30 2d 34 32 3a 37 fc 07 69 6e 74 65 72 6f 70');
    expect(decode(pair)).toEqual(interopIq);
    // Written anew, it has the form of its server.
    expect(encode(decode(pair))).toEqual(encode(interopIq));
  });

  it('keeps an address of a server of tomorrow, and writes it again to the same bytes', () => {
    const bytes = fromHex('f8 03 19 11 fa ff 02 49 15 fc 03 6e 65 77');
    expect(decode(bytes).attrs['to']).toEqual({ user: '4915', server: 'new' });
    expect(hex(encode(decode(bytes)))).toBe(hex(bytes));
  });

  it('reads a JID that stands as content as its text', () => {
    expect(decode(fromHex('f8 02 19 f7 00 03 ff 02 49 15')).content).toBe('4915:3@s.whatsapp.net');
  });

  it('writes text content as bytes', () => {
    expect(decode(encode(stanza('value', {}, 'é'))).content).toEqual(Uint8Array.of(0xc3, 0xa9));
  });

  it.each([
    [255, 'fcff'],
    [256, 'fd000100'],
    [(1 << 20) - 1, 'fd0fffff'],
    [1 << 20, 'fe00100000'],
  ])('writes %i bytes of content as %s…', (length, form) => {
    const bytes = encode(stanza('value', {}, new Uint8Array(length)));
    expect(hex(bytes.subarray(0, 16))).toContain(form);
    const roomy = { dictionary, limits: { ...limits, maxBytes: 2 << 20 } };
    expect(decodeStanza(bytes, roomy).content).toHaveLength(length);
  });

  it('counts more than 255 children with list16', () => {
    const many = stanza(
      'list',
      {},
      Array.from({ length: 300 }, () => stanza('item')),
    );
    expect(hex(encode(many))).toContain('f9012c');
    expect(decode(encode(many))).toEqual(many);
  });
});

describe('hostile bytes', () => {
  it.each([
    ['an empty input', '', 'truncated'],
    ['an empty list as element', '00', 'bad_element'],
    ['a token as element', '19', 'bad_element'],
    ['an empty tag', 'f8 01 00', 'bad_element'],
    ['a JID as tag', 'f8 01 fa 00 03', 'bad_element'],
    ['a reserved tag', 'f8 03 19 11 f0', 'bad_tag'],
    ['an attribute list that claims more than there is', 'f8 21 19 11 04', 'truncated'],
    ['a list16 that claims 65,535 children', 'f8 02 19 f9 ff ff f8 01 19', 'truncated'],
    ['a binary8 that claims more than there is', 'f8 02 19 fc 05 00', 'truncated'],
    ['a binary32 that claims 4 GiB', 'f8 02 19 fe ff ff ff ff 00', 'truncated'],
    ['a packed text that claims more than there is', 'f8 03 19 11 ff 7f 11', 'truncated'],
    ['a packed text with a value outside the alphabet', 'f8 03 19 11 ff 01 c1', 'bad_packed'],
    ['an odd packed text without a byte', 'f8 03 19 11 ff 80', 'bad_packed'],
    ['a JID inside a JID', 'f8 03 19 11 fa fa 00 03 03', 'bad_jid'],
    ['a JID user with a second @', 'f8 03 19 11 fa fc 03 61 40 62 03', 'bad_jid'],
    ['a device on a group', 'f8 03 19 11 fa fc 03 31 3a 32 1c', 'bad_jid'],
    ['a JID without user and server', 'f8 03 19 11 fa 00 00', 'bad_jid'],
    ['a server that is two', 'f8 03 19 11 fa 00 fc 03 61 40 62', 'bad_jid'],
    ['an AD JID without a user', 'f8 03 19 11 f7 00 01 00', 'bad_jid'],
    ['a user that reads as another with an agent', 'f8 03 19 11 f7 00 01 ff 02 4b 75', 'bad_jid'],
    ['an FB JID of another server', 'f8 03 19 11 f6 ff 01 42 00 01 03', 'bad_jid'],
    ['text that is not UTF-8', 'f8 03 19 11 fc 01 ff', 'bad_utf8'],
    ['an attribute twice', 'f8 05 19 11 04 11 04', 'duplicate_attribute'],
    ['bytes after the stanza', 'f8 01 19 00', 'trailing_bytes'],
    ['a cut interop JID', 'f8 03 19 11 f5 ff 01 42 00 07 01', 'truncated'],
  ])('%s', (_name, bytes, code) => {
    expect(codeOf(() => decode(fromHex(bytes)))).toBe(code);
  });

  it('leaves a head that a refusal can name', () => {
    const damaged = fromHex('f8 06 13 08 fc 01 41 06 fa ff 01 42 03 f8 01 ff ff');
    expect(codeOf(() => decode(damaged))).not.toBe('accepted');
    expect(decodeStanzaHead(damaged, { dictionary, limits })).toEqual(
      stanza('message', { id: 'A', from: parseAddress('42@s.whatsapp.net') }),
    );
    expect(codeOf(() => decodeStanzaHead(fromHex('f8 06 13 08'), { dictionary, limits }))).toBe('truncated');
  });

  it('is bounded in depth, elements, attributes and size', () => {
    const nested = (depth: number): Stanza => stanza('a', {}, depth === 1 ? [] : [nested(depth - 1)]);
    expect(codeOf(() => decode(encode(nested(16))))).toBe('accepted');
    expect(codeOf(() => decode(encode(nested(17))))).toBe('too_deep');
    const wide = (n: number) =>
      stanza(
        'a',
        {},
        Array.from({ length: n }, () => stanza('b')),
      );
    expect(codeOf(() => decode(encode(wide(999))))).toBe('accepted');
    expect(codeOf(() => decode(encode(wide(1000))))).toBe('too_many_elements');
    const attrs = (n: number) =>
      stanza('a', Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 'v'])));
    expect(codeOf(() => decode(encode(attrs(64))))).toBe('accepted');
    expect(codeOf(() => decode(encode(attrs(65))))).toBe('too_many_attributes');
    expect(codeOf(() => decode(new Uint8Array((1 << 20) + 1)))).toBe('too_large');
  });
});

describe('what cannot be encoded', () => {
  it('is refused with a code', () => {
    expect(codeOf(() => encode(stanza('')))).toBe('not_encodable');
    expect(codeOf(() => encode(stanza('a', { '': 'x' })))).toBe('not_encodable');
    expect(codeOf(() => encode(stanza('a', { b: '\ud800' })))).toBe('not_encodable');
    const device300 = { ...parseAddress('42:3@lid'), device: 300 };
    expect(codeOf(() => encode(stanza('a', { b: device300 })))).toBe('not_encodable');
    expect(codeOf(() => encode(stanza('a', { b: { user: 'a@b', server: 'lid' } })))).toBe('not_encodable');
    expect(codeOf(() => encode(stanza('a', {}, new Array<Stanza>(65_536).fill(stanza('b')))))).toBe(
      'not_encodable',
    );
    const deep = Array.from({ length: 65 }).reduce<Stanza>((inner) => stanza('a', {}, [inner]), stanza('a'));
    expect(codeOf(() => encode(deep))).toBe('too_deep');
    const bounded = { dictionary, direction: 'client', maxBytes: 100 } as const;
    expect(codeOf(() => encodeStanza(stanza('a', {}, new Uint8Array(100)), bounded))).toBe('too_large');
  });
});

describe('loadDictionary', () => {
  it('refuses data of another shape', () => {
    const page = new Array<string>(256).fill('x');
    const single = new Array<string>(236).fill('x');
    for (const json of [
      null,
      [],
      {},
      { single, double: [page] },
      { single: single.slice(1), double: [page, page, page, page] },
      { single, double: [page, page, page, [...page.slice(1), 7]] },
    ]) {
      expect(codeOf(() => loadDictionary(json))).toBe('bad_dictionary');
    }
  });
});
