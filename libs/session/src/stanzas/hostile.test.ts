import { IncomingMessage, IncomingReceipt, IncomingTyping } from '@causeway/contracts/downstream';
import { WireBundle } from '@causeway/contracts/upstream';
import { type Jid, parseAddress } from '@causeway/jid';
import type { Stanza } from '@causeway/xml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settleableOf } from './ack.js';
import { readBundleAnswer } from './bundle.js';
import { readDevices, readTyping } from './control.js';
import { readInformation } from './information.js';
import { readMessage } from './message.js';
import { readPreKeyCount } from './prekeys.js';
import { readReceipt } from './receipt.js';
import { StanzaInvalid } from './stanza-invalid.js';

const tags = ['message', 'receipt', 'notification', 'chatstate', 'enc', 'retry', 'registration', 'keys'];
const moreTags = ['key', 'skey', 'id', 'value', 'signature', 'identity', 'list', 'item', 'user', 'error'];
const usync = ['usync', 'devices', 'device-list', 'device', 'count', 'composing', '__proto__'];
const names = ['id', 'from', 'to', 'type', 'v', 't', 'count', 'participant', 'value', 'jid', 'class'];
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

const part = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('1', 'x'.repeat(300), 'interop', 's.whatsapp.net'),
);
const number = fc.option(fc.integer({ min: -1, max: 70_000 }), { nil: undefined });
const jid = fc
  .record({ user: part, server: part, device: number, integrator: number, agent: number })
  .map((parts) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)))
  .map((parts) => parts as unknown as Jid);
const attrs = fc.dictionary(
  fc.constantFrom(...names),
  fc.oneof(fc.constantFrom(...values), fc.string(), jid, fc.constant(parseAddress('1@s.whatsapp.net'))),
);
const tag = fc.constantFrom(...tags, ...moreTags, ...usync);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.constantFrom(3, 4, 32, 64).map((length) => new Uint8Array(length)),
);
const { stanza } = fc.letrec<{ stanza: Stanza }>((tie) => ({
  stanza: fc
    .record({
      tag,
      attrs,
      content: fc.option(
        fc.oneof({ maxDepth: 5 }, bytes, fc.string(), fc.array(tie('stanza'), { maxLength: 4 })),
        { nil: undefined },
      ),
    })
    .map(({ content, ...head }) => (content === undefined ? head : { ...head, content })),
}));

/** Calls a reader; what it gives must be of the contract, what it throws the closed error. */
function holds<T>(read: () => T, schema: { parse(value: unknown): unknown } | undefined): void {
  let value: T;
  try {
    value = read();
  } catch (error) {
    expect(error).toBeInstanceOf(StanzaInvalid);
    return;
  }
  if (value !== undefined) schema?.parse(value);
}

describe('invariant 10: input is bounded and never breaks out', () => {
  it('any stanza is either of the contract or StanzaInvalid', () => {
    fc.assert(
      fc.property(stanza, (received) => {
        holds(() => readMessage(received), IncomingMessage);
        holds(() => readReceipt(received), IncomingReceipt);
        holds(() => readTyping(received), IncomingTyping);
        holds(() => readBundleAnswer(received), WireBundle);
        holds(() => readDevices(received), undefined);
        holds(() => readPreKeyCount(received), undefined);
        holds(() => readInformation(received), undefined);
        holds(() => settleableOf(received), undefined);
      }),
      { numRuns: 500 },
    );
  });
});
