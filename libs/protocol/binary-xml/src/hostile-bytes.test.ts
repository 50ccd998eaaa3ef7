import { inputsPerRun, tryInputs } from '@causeway/testing/fuzz';
import { parseAddress } from '@causeway/jid';
import { type Stanza, stanza } from '@causeway/xml';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  BinaryXmlError,
  bundledDictionary,
  decodeStanza,
  decodeStanzaHead,
  encodeStanza,
  packFrame,
  unpackFrame,
} from './index.js';

const dictionary = bundledDictionary();
const limits = { maxBytes: 4_096, maxDepth: 8, maxElements: 64, maxAttributes: 16 };
const isRefusal = (error: unknown) => error instanceof BinaryXmlError;
const seed = fc.noBias(fc.nat());

const samples = [
  stanza('message', { id: '3EB0C431C26A', to: parseAddress('300-42:7@interop'), t: '1700000000' }, [
    stanza('enc', { v: '2', type: 'pkmsg' }, Uint8Array.of(1, 2, 3)),
  ]),
  stanza('receipt', {
    from: parseAddress('4915:3@s.whatsapp.net'),
    participant: parseAddress('9:300@msgr'),
    type: 'read',
  }),
  stanza('iq', { from: parseAddress('s.whatsapp.net'), xmlns: 'encrypt', 'a name': 'and é' }, [
    stanza('list', {}, [
      stanza('user', { jid: parseAddress('1.5-2@g.us') }),
      stanza('count', { value: 'ABCDEF01' }),
    ]),
  ]),
];
const encoded = (sample: Stanza) =>
  (['client', 'server'] as const).map((direction) => encodeStanza(sample, { dictionary, direction }));
const corpus = samples.flatMap(encoded);

/** From either side or an unknown one, by the input's own length. */
const directions = [{}, { direction: 'client' }, { direction: 'server' }] as const;

it('takes or refuses 100,000 stanzas that nobody wrote', () => {
  const parse = (input: Uint8Array) => {
    const options = { dictionary, limits, ...directions[input.length % directions.length] };
    try {
      return decodeStanza(input, options);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return decodeStanzaHead(input, options);
    }
  };
  // Two bytes can be a token of fifty characters.
  const target = { corpus, maxBytes: 200, parse, isRefusal, weightPerByte: 32 };
  fc.assert(
    fc.property(seed, (from) => tryInputs(from, target)),
    { numRuns: 100_000 / inputsPerRun },
  );
});

const framesOf = (sample: Stanza) =>
  encoded(sample).flatMap((bytes) => [packFrame(bytes), packFrame(bytes, 'zlib')]);
// What comes out is just as large as it may be, and one byte larger.
const large = [0, 1].map((more) => packFrame(new Uint8Array(limits.maxBytes + more), 'zlib'));

it.each([
  ...samples.map((sample) => [30_000, sample.tag, framesOf(sample)] as const),
  [10_000, 'large', large] as const,
])(
  'takes or refuses %i %s frames that nobody wrote, and gives no more than it may',
  (count, _name, frames) => {
    const parse = (input: Uint8Array) => {
      const body = unpackFrame(input, limits.maxBytes);
      expect(body.length).toBeLessThanOrEqual(limits.maxBytes);
      return undefined;
    };
    const target = { corpus: frames, maxBytes: 200, parse, isRefusal, weightPerByte: 1 };
    fc.assert(
      fc.property(seed, (from) => tryInputs(from, target)),
      { numRuns: count / inputsPerRun },
    );
  },
);
