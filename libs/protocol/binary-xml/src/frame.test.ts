import { stanza } from '@causeway/xml';
import { describe, expect, it } from 'vitest';
import { bundledDictionary, decodeStanzaHead, encodeStanza, packFrame, unpackFrameStart } from './index.js';

const dictionary = bundledDictionary();
const limits = { maxBytes: 1_024, maxDepth: 32, maxElements: 1_000, maxAttributes: 64 };
const large = stanza('message', { id: 'A', from: '42@s.whatsapp.net' }, new Uint8Array(20_000_000));
const encoded = encodeStanza(large, { dictionary, direction: 'server', maxBytes: 2 ** 25 });

describe('the start of a frame that is too large', () => {
  it.each(['plain', 'zlib'] as const)('(%s) holds the head of its stanza', (form) => {
    const start = unpackFrameStart(packFrame(encoded, form));
    const { tag, attrs } = large;
    expect(decodeStanzaHead(start, { dictionary, limits })).toEqual({ tag, attrs });
  });

  it('is inflated from its first bytes alone, whatever the rest would become', () => {
    const start = unpackFrameStart(packFrame(encoded, 'zlib'));
    expect(start.length).toBeGreaterThan(1_000);
    expect(start.length).toBeLessThan(524_288 + 1_024);
  });

  it.each([
    ['truncated', []],
    ['bad_flag', [7, 1]],
    ['bad_compression', [2, 1, 2, 3]],
  ])('is refused as %s when it is none', (code, bytes) => {
    expect(() => unpackFrameStart(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code }));
  });
});
