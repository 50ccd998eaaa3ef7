import fc from 'fast-check';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SimulatorError } from '../../errors.js';
import type { Node } from '../../seam.js';
import { decodeNode } from './decode.js';
import { readDictionary } from './dictionary.js';
import { encodeNode } from './encode.js';
import { packStanza, unpackStanza } from './payload.js';

const dictionary = readDictionary();
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof SimulatorError ? error.code : `other: ${String(error)}`;
  }
}

describe('interop addresses', () => {
  const stanza: Node = { tag: 'message', attrs: { to: '300-42:7@interop' } };
  const long = 'f8 03 13 11 f5 ff 01 42 00 07 01 2c fc 07 69 6e 74 65 72 6f 70';
  const short = 'f8 03 13 11 f5 ff 01 42 00 07 01 2c';

  it('names the server towards the client', () => {
    expect(Buffer.from(encodeNode(stanza, dictionary, 'to-client'))).toEqual(Buffer.from(hex(long)));
  });

  it('leaves the server out towards the server', () => {
    expect(Buffer.from(encodeNode(stanza, dictionary, 'to-server'))).toEqual(Buffer.from(hex(short)));
  });

  it('reads both forms, also when attributes follow', () => {
    expect(decodeNode(hex(long), dictionary)).toEqual(stanza);
    expect(decodeNode(hex(short), dictionary)).toEqual(stanza);
    const more: Node = { tag: 'message', attrs: { to: '12-42@interop', id: 'A1' }, content: [] };
    for (const direction of ['to-client', 'to-server'] as const) {
      expect(decodeNode(encodeNode(more, dictionary, direction), dictionary)).toEqual(more);
    }
  });

  it('reads the published vector behind its flag byte', () => {
    const vector = hex('00 f8 03 19 11 f5 ff 01 42 00 07 01 2c fc 07 69 6e 74 65 72 6f 70');
    expect(unpackStanza(vector, dictionary, 1024)).toEqual({ tag: 'iq', attrs: { to: '300-42:7@interop' } });
  });
});

describe('round trips', () => {
  const address = fc.oneof(
    fc.constantFrom(
      '4915@s.whatsapp.net',
      '4915:3@s.whatsapp.net',
      's.whatsapp.net',
      '@g.us',
      '77:5@msgr',
      '8:2@lid',
    ),
    fc
      .tuple(fc.integer({ min: 1, max: 999 }), fc.nat(), fc.nat(9))
      .map(([i, n, d]) => `${i}-${n}${d ? `:${d}` : ''}@interop`),
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('1', 'ABC', '12-3.4', '', 'receipt', 'bob@example.org'),
  );
  const content = fc.oneof(fc.uint8Array({ maxLength: 600 }), fc.constant(undefined));
  const leaf = fc.record({
    tag: fc.constantFrom('message', 'enc', 'own-tag'),
    attr: address,
    value: text,
    content,
  });
  const toNode = (value: {
    tag: string;
    attr: string;
    value: string;
    content: Uint8Array | undefined;
  }): Node => {
    const node: Node = { tag: value.tag, attrs: { to: value.attr, x: value.value } };
    if (value.content) node.content = value.content;
    return node;
  };

  it('gives back what was written, in both directions', () => {
    fc.assert(
      fc.property(
        fc.array(leaf, { maxLength: 5 }),
        fc.constantFrom('to-client', 'to-server'),
        (leaves, direction) => {
          const node: Node = { tag: 'iq', attrs: { type: 'set' }, content: leaves.map(toNode) };
          expect(unpackStanza(packStanza(node, dictionary, direction), dictionary, 1 << 20)).toEqual(node);
        },
      ),
    );
  });

  it('carries contents of the three length classes', () => {
    for (const size of [0, 255, 256, (1 << 20) - 1, 1 << 20]) {
      const node: Node = { tag: 'enc', attrs: {}, content: new Uint8Array(size) };
      expect(
        (decodeNode(encodeNode(node, dictionary, 'to-client'), dictionary).content as Uint8Array).length,
      ).toBe(size);
    }
  });
});

describe('hostile bytes', () => {
  it('only ever gives a node or a SimulatorError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const code = codeOf(() => unpackStanza(bytes, dictionary, 4096));
        expect(['nothing thrown', 'malformed_stanza', 'stanza_too_large']).toContain(code);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['lying list length', 'f9 ff ff 13'],
    ['lying binary length', 'f8 02 13 fe ff ff ff ff'],
    ['bytes behind the stanza', 'f8 01 13 00'],
    ['address inside an address', 'f8 03 13 11 fa fa 01 03 03'],
    ['bad padding', 'f8 03 13 11 ff 81 10'],
    ['text that is not UTF-8', 'f8 03 13 11 fc 01 ff'],
    ['empty list', '00'],
    ['nothing', ''],
  ])('refuses: %s', (_name, bytes) => {
    expect(codeOf(() => decodeNode(hex(bytes), dictionary))).toBe('malformed_stanza');
  });

  it('bounds depth and number of nodes', () => {
    const nested = Buffer.concat([
      ...Array.from({ length: 40 }, () => hex('f8 02 13 f8 01')),
      hex('f8 01 13'),
    ]);
    expect(codeOf(() => decodeNode(nested, dictionary))).toBe('malformed_stanza');
    const wide = Buffer.concat([
      hex('f8 02 13 f9 23 28'),
      ...Array.from({ length: 9000 }, () => hex('f8 01 13')),
    ]);
    expect(codeOf(() => decodeNode(wide, dictionary))).toBe('malformed_stanza');
  });

  it('bounds what a compressed stanza unpacks to', () => {
    const bomb = Buffer.concat([Uint8Array.of(2), deflateSync(new Uint8Array(1 << 20))]);
    expect(codeOf(() => unpackStanza(bomb, dictionary, 4096))).toBe('stanza_too_large');
  });
});
