import { IncomingMessage, IncomingReceipt } from '@causeway/contracts/downstream';
import { WireBundle, type OutgoingMessage } from '@causeway/contracts/upstream';
import { parseAddress } from '@causeway/jid';
import { bytesOf, child, stanza as built, type Stanza } from '@causeway/xml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundleIn, retryBundle } from './keys.js';
import { answerTo, messageIn, messageOut, receiptIn, settle } from './stanzas.js';
import { decodeFrame, encodeFrame } from './wire.js';

const tags = ['message', 'receipt', 'notification', 'enc', 'retry', 'registration', 'keys', 'key', 'skey'];
const moreTags = [
  'id',
  'value',
  'signature',
  'identity',
  'list',
  'item',
  'user',
  'error',
  'ping',
  '__proto__',
];
const names = [
  'id',
  'from',
  'to',
  'type',
  'v',
  't',
  'count',
  'participant',
  'value',
  'jid',
  'class',
  'xmlns',
];
const values = [
  '',
  '2',
  'msg',
  'pkmsg',
  'retry',
  'read',
  'A1',
  '1@s.whatsapp.net',
  'x'.repeat(300),
  '\u0000',
];

const addresses = ['1@s.whatsapp.net', '300-42:7@interop', 's.whatsapp.net'].map(parseAddress);

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.constantFrom(3, 4, 32, 64).map((length) => new Uint8Array(length)),
);
const { stanza } = fc.letrec<{ stanza: Stanza }>((tie) => ({
  stanza: fc
    .record({
      tag: fc.constantFrom(...tags, ...moreTags),
      attrs: fc.dictionary(
        fc.constantFrom(...names),
        fc.oneof(fc.constantFrom(...values), fc.string(), fc.constantFrom(...addresses)),
      ),
      content: fc.option(
        fc.oneof({ maxDepth: 5 }, bytes, fc.string(), fc.array(tie('stanza'), { maxLength: 4 })),
        { nil: undefined },
      ),
    })
    .map(({ content, ...head }) => (content === undefined ? head : { ...head, content })),
}));

/** What is read is of the contract. */
function holds(value: unknown, schema: { parse(value: unknown): unknown }): void {
  if (value !== undefined) schema.parse(value);
}

const jid = fc.constantFrom('7-1@interop', '7-12345:3@interop', '4915550002:3@s.whatsapp.net', '123@lid');

describe('invariant 10: on the device, too, input is bounded and never breaks out', () => {
  it('any stanza is either of the contract or nothing, and is answered to somebody or not at all', () => {
    fc.assert(
      fc.property(stanza, (received) => {
        holds(messageIn(received), IncomingMessage);
        holds(receiptIn(received), IncomingReceipt);
        holds(bundleIn(received), WireBundle);
        holds(retryBundle(received), WireBundle);
        const answer = settle(received, 487);
        expect(answer === undefined || (answer.attrs.id !== undefined && answer.attrs.to !== undefined)).toBe(
          true,
        );
        answerTo({ ...received, tag: 'iq' });
      }),
      { numRuns: 500 },
    );
  });

  it('a message reads the same at the other end of the wire', () => {
    const message: fc.Arbitrary<OutgoingMessage> = fc.record({
      to: jid,
      stanzaType: fc.constantFrom('text', 'media', 'reaction'),
      encrypted: fc.record({
        type: fc.constantFrom('pkmsg', 'msg'),
        ciphertext: fc
          .uint8Array({ minLength: 1, maxLength: 2_000 })
          .map((raw) => Buffer.from(raw).toString('base64')),
      }),
      retryCount: fc.integer({ min: 1, max: 5 }),
    });
    const id = fc.string({ minLength: 1, maxLength: 128 }).filter((text) => /^[\x21-\x7e]+$/.test(text));
    fc.assert(
      fc.property(id, message, jid, (name, sent, from) => {
        const { attrs, content } = decodeFrame(encodeFrame(messageOut(name, sent)));
        expect(attrs.to).toEqual(parseAddress(sent.to));
        const delivered = built(
          'message',
          { ...attrs, to: undefined, from: parseAddress(from), t: '1' },
          content,
        );
        const { encrypted, retryCount } = sent;
        expect(messageIn(delivered)).toEqual({ id: name, from, timestamp: 1, encrypted, retryCount });
        expect(bytesOf(child(delivered, 'enc'))).toBeDefined();
      }),
      { numRuns: 200 },
    );
  });
});
