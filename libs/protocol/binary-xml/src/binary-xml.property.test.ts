import { formatAddress, type Jid, jidServers, maxDevice } from '@causeway/jid';
import type { Stanza } from '@causeway/xml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BinaryXmlError,
  bundledDictionary,
  decodeStanza,
  encodeStanza,
  packFrame,
  unpackFrame,
} from './index.js';

const dictionary = bundledDictionary();
const limits = { maxBytes: 1 << 20, maxDepth: 64, maxElements: 10_000, maxAttributes: 256 };

/** Forms that always hold a device, so that device 0 is none. */
const alwaysWithDevice = (server: string, agent?: number) =>
  server === 'interop' || server === 'msgr' || agent !== undefined;

const userJid = fc
  .record({
    user: fc.oneof(
      fc.stringMatching(/^[0-9a-z_]{1,20}$/),
      fc.constantFrom('12-34', 'é', 'to', 'interop', '0'),
    ),
    server: fc.constantFrom(...jidServers, 'new', 'example.org'),
    device: fc.option(fc.oneof(fc.constant(0), fc.nat(0xffff)), { nil: undefined }),
    integrator: fc.nat(0xffff),
    agent: fc.option(fc.integer({ min: 2, max: 127 }), { nil: undefined }),
  })
  .map(({ user, server, device: anyDevice, integrator, agent: anyAgent }): Jid => {
    const agent = server === 's.whatsapp.net' ? anyAgent : undefined;
    const max = maxDevice(server);
    const device = anyDevice === undefined || max === 0 ? undefined : anyDevice & max;
    return {
      user,
      server,
      ...(agent !== undefined && { agent }),
      ...(device !== undefined && !(device === 0 && alwaysWithDevice(server, agent)) && { device }),
      ...(server === 'interop' && { integrator }),
    };
  });
const serverJid = fc
  .constantFrom(...jidServers, 'new', 'example.org')
  .map((server): Jid => ({ user: '', server }));
const jid = fc.oneof({ weight: 4, arbitrary: userJid }, { weight: 1, arbitrary: serverJid });

const text = fc.oneof(
  jid.map(formatAddress),
  fc.stringMatching(/^[0-9.-]{1,140}$/),
  fc.stringMatching(/^[0-9A-F]{1,140}$/),
  fc.constantFrom('to', 'from', 's.whatsapp.net', 'iq', 'skmsg', 'interop', 'read-self', '@lid', ''),
  fc.string({ unit: 'grapheme' }),
);
const name = fc.oneof(
  fc.constantFrom('id', 'to', '__proto__', 'interop'),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
const attrs = fc
  .uniqueArray(fc.tuple(name, fc.oneof(text, jid)), { selector: ([key]) => key, maxLength: 8 })
  .map((entries): Stanza['attrs'] => Object.fromEntries(entries));

const { element } = fc.letrec<{ element: Stanza }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 4 },
    fc.record({ tag: name, attrs }),
    fc.record({ tag: name, attrs, content: fc.uint8Array({ maxLength: 400 }) }),
    fc.record({ tag: name, attrs, content: fc.array(tie('element'), { maxLength: 6 }) }),
  ),
}));

function onlyOurError(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof BinaryXmlError)) throw error;
  }
}

describe('the codec', () => {
  it.each(['client', 'server'] as const)('reads back what a %s writes', (direction) => {
    fc.assert(
      fc.property(element, (value) => {
        const bytes = encodeStanza(value, { dictionary, direction });
        const read = decodeStanza(bytes, { dictionary, limits, direction });
        expect(read).toEqual(value);
        // What it writes is the canonical form: the same bytes again.
        expect(encodeStanza(read, { dictionary, direction })).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('gives BinaryXmlError and nothing else for arbitrary bytes', () => {
    const start = fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.of(0xf8, 6, 25, ...bytes));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), start), (bytes) => {
        onlyOurError(() => decodeStanza(bytes, { dictionary, limits }));
        onlyOurError(() => unpackFrame(bytes, 4096));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives BinaryXmlError and nothing else for damaged stanzas, and writes again what it accepted', () => {
    fc.assert(
      fc.property(element, fc.nat(), fc.nat(255), (value, at, byte) => {
        const bytes = encodeStanza(value, { dictionary, direction: 'server' });
        bytes[at % bytes.length] = byte;
        onlyOurError(() => {
          const read = decodeStanza(bytes, { dictionary, limits });
          const again = encodeStanza(read, { dictionary, direction: 'server' });
          // However it was written, the addresses stay the same.
          expect(decodeStanza(again, { dictionary, limits }).attrs).toEqual(read.attrs);
        });
        onlyOurError(() => decodeStanza(bytes.subarray(0, at % bytes.length), { dictionary, limits }));
      }),
      { numRuns: 500 },
    );
  });
});

describe('frames', () => {
  it('come back in both forms', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.constantFrom('plain', 'zlib'), (body, form) => {
        expect(Uint8Array.from(unpackFrame(packFrame(body, form), 500))).toEqual(body);
      }),
    );
  });

  it.each([
    ['nothing', Uint8Array.of(), 'truncated'],
    ['an unknown flag', Uint8Array.of(4, 1), 'bad_flag'],
    ['broken zlib', Uint8Array.of(2, 1, 2, 3), 'bad_compression'],
    ['cut zlib', packFrame(new Uint8Array(500), 'zlib').subarray(0, 8), 'bad_compression'],
    ['a plain body above the bound', packFrame(new Uint8Array(501)), 'too_large'],
    ['a bomb', packFrame(new Uint8Array(50_000_000), 'zlib'), 'too_large'],
  ])('refuse %s', (_name, frame, code) => {
    expect(() => unpackFrame(frame, 500)).toThrow(`binary XML: ${code}`);
  });
});
