import { parseAddress } from '@causeway/jid';
import { stanza, type Stanza } from '@causeway/xml';
import { describe, expect, it } from 'vitest';
import {
  active,
  answerTo,
  blockChange,
  concernsSender,
  messageIn,
  messageOut,
  offlineBatch,
  ping,
  receiptIn,
  receiptOut,
  removal,
  settle,
} from './stanzas.js';

const bytes = (length: number, fill = 1) => Buffer.alloc(length, fill);
const base64 = (length: number, fill = 1) => bytes(length, fill).toString('base64');
const server = parseAddress('s.whatsapp.net');
const [aliceText, bobText] = ['7-1@interop', '4915550002:3@s.whatsapp.net'];
const [alice, bob] = [parseAddress(aliceText), parseAddress(bobText)];

describe('a message', () => {
  const message = {
    to: bobText,
    stanzaType: 'text' as const,
    encrypted: { type: 'pkmsg' as const, ciphertext: base64(40) },
  };

  it('goes to the devices of the recipient', () => {
    const enc = stanza('enc', { v: '2', type: 'pkmsg' }, bytes(40));
    expect(messageOut('3EB0', message)).toEqual(
      stanza('message', { id: '3EB0', type: 'text', to: bob }, [
        stanza('participants', {}, [stanza('to', { jid: bob }, [enc])]),
      ]),
    );
  });

  it('that is sent again goes to the one device that asked, and says how often it did', () => {
    expect(messageOut('3EB0', { ...message, retryCount: 2 })).toEqual(
      stanza('message', { id: '3EB0', type: 'text', to: bob, device_fanout: 'false' }, [
        stanza('enc', { v: '2', type: 'pkmsg', count: '2' }, bytes(40)),
      ]),
    );
  });

  const enc = (attrs: object = {}, content: Stanza['content'] = bytes(20, 2)) =>
    stanza('enc', { v: '2', type: 'msg', ...attrs }, content);
  const received = (attrs: object = {}, content: Stanza[] = [enc()]) =>
    stanza('message', { id: 'A1', from: bob, type: 'text', t: '1750000000', ...attrs }, content);

  it('is read with its sender, and with the participant where there is one', () => {
    const expected = {
      id: 'A1',
      from: bobText,
      timestamp: 1_750_000_000,
      encrypted: { type: 'msg', ciphertext: base64(20, 2) },
    };
    expect(messageIn(received({}, [stanza('reporting'), enc()]))).toEqual(expected);
    expect(messageIn(received({ participant: alice }))).toEqual({ ...expected, from: aliceText });
    expect(messageIn(received({}, [enc({ count: '3' })]))).toEqual({ ...expected, retryCount: 3 });
    expect(messageIn(received({ t: 'soon' }))).toEqual({ ...expected, timestamp: 0 });
  });

  it.each<[string, Stanza]>([
    ['without a ciphertext', received({}, [])],
    ['of another version', received({}, [enc({ v: '3' })])],
    ['of another kind of ciphertext', received({}, [enc({ type: 'skmsg' })])],
    ['with elements in the place of bytes', received({}, [enc({}, [stanza('x')])])],
    ['without an id', received({ id: undefined })],
    ['with an id that is none', received({ id: 'a b' })],
    ['with an id without end', received({ id: 'x'.repeat(129) })],
    ['without a sender', received({ from: undefined })],
    ['with a sender without end', received({ from: { ...bob, user: 'x'.repeat(4_096) } })],
    ['with text in the place of its sender', received({ from: bobText })],
  ])('%s is not read', (_name, given) => expect(messageIn(given)).toBeUndefined());
});

describe('a receipt', () => {
  const bundle = {
    registrationId: 0x01020304,
    identityKey: base64(32, 1),
    signedPreKey: { id: 0x010203, key: base64(32, 2), signature: base64(64, 3) },
    preKey: { id: 7, key: base64(32, 4) },
  };
  const retry = { count: 2, timestamp: 1_750_000_000, registrationId: 0x01020304, bundle };

  it('of delivery has no type; further ids stand in a list', () => {
    expect(receiptOut({ to: bobText, kind: 'delivered', ids: ['A'] })).toEqual(
      stanza('receipt', { id: 'A', to: bob }),
    );
    expect(receiptOut({ to: bobText, kind: 'read', ids: ['A', 'B', 'C'] })).toEqual(
      stanza('receipt', { id: 'A', to: bob, type: 'read' }, [
        stanza('list', {}, [stanza('item', { id: 'B' }), stanza('item', { id: 'C' })]),
      ]),
    );
  });

  it('that asks for a message again says how often, and encloses keys', () => {
    const { attrs, content } = receiptOut({ to: bobText, kind: 'retry', ids: ['A'], retry });
    expect(attrs).toEqual({ id: 'A', to: bob, type: 'retry' });
    expect((content as Stanza[]).map(({ tag }) => tag)).toEqual(['retry', 'registration', 'keys']);
    expect((content as Stanza[])[0]?.attrs).toEqual({ v: '1', count: '2', id: 'A', t: '1750000000' });
    expect((content as Stanza[])[1]?.content).toEqual(Buffer.from([1, 2, 3, 4]));
    const { bundle: _, ...bare } = retry;
    const without = receiptOut({ to: bobText, kind: 'retry', ids: ['A'], retry: bare });
    expect((without.content as Stanza[]).map(({ tag }) => tag)).toEqual(['retry', 'registration']);
  });

  const received = (attrs: object, content?: Stanza[]) =>
    stanza('receipt', { id: 'A', from: bob, t: '5', ...attrs }, content);

  it.each([
    [undefined, 'delivered'],
    ['inactive', 'delivered'],
    ['read', 'read'],
    ['played', 'played'],
  ])('of type %s is one of kind %s', (type, kind) => {
    expect(receiptIn(received({ type }))).toEqual({ from: bobText, kind, ids: ['A'], timestamp: 5 });
  });

  it('names each message once', () => {
    const list = stanza('list', {}, [
      stanza('item', { id: 'B' }),
      stanza('item', { id: 'A' }),
      stanza('other', { id: 'C' }),
    ]);
    expect(receiptIn(received({}, [list]))?.ids).toEqual(['A', 'B']);
  });

  it('that asks again is read as it was written', () => {
    const { content } = receiptOut({ to: aliceText, kind: 'retry', ids: ['A'], retry });
    expect(receiptIn(received({ type: 'retry' }, content as Stanza[]))).toEqual({
      from: bobText,
      kind: 'retry',
      ids: ['A'],
      timestamp: 5,
      retry,
    });
  });

  it.each<[string, Stanza]>([
    ['without an id', received({ id: undefined })],
    ['without a sender', received({ from: undefined })],
    [
      'for more messages than there can be',
      received({}, [
        stanza(
          'list',
          {},
          Array.from({ length: 256 }, (_, id) => stanza('item', { id: `i${id}` })),
        ),
      ]),
    ],
    ['that lists nothing', received({}, [stanza('list', {}, [stanza('item')])])],
    ['that asks for ever', received({ type: 'retry' }, [stanza('retry', { count: '11' })])],
  ])('%s is not read', (_name, given) => expect(receiptIn(given)).toBeUndefined());

  it('of another kind concerns devices of the same account, whatever stands in it', () => {
    expect(
      ['sender', 'peer_msg', 'delivered', '__proto__'].filter((type) => concernsSender(received({ type }))),
    ).toEqual([]);
    expect(receiptIn(received({ type: 'sender' }))).toBeUndefined();
    expect(concernsSender(received({ type: 'retry', id: undefined }))).toBe(true);
  });
});

describe('settling', () => {
  it('a message that the device has tells its sender', () => {
    const message = stanza('message', { id: 'A', from: bob, type: 'text', participant: alice });
    expect(settle(message)).toEqual(stanza('receipt', { id: 'A', to: bob, participant: alice }));
  });

  it('a message that cannot be used tells the gatekeeper alone, and names no type', () => {
    const message = stanza('message', { id: 'A', from: bob, type: 'text' });
    expect(settle(message, 487)).toEqual(stanza('ack', { class: 'message', id: 'A', to: bob, error: '487' }));
  });

  it.each(['receipt', 'notification', 'call'])('a %s is an acknowledgement with its type', (tag) => {
    expect(settle(stanza(tag, { id: 'A', from: bob, type: 'x' }))).toEqual(
      stanza('ack', { class: tag, id: 'A', to: bob, type: 'x' }),
    );
  });

  it('nothing is said of a stanza that nobody can be answered for', () => {
    expect(settle(stanza('message', { from: bob }))).toBeUndefined();
    expect(settle(stanza('message', { id: 'A' }), 487)).toBeUndefined();
  });
});

describe('questions to the device', () => {
  const iq = (attrs: object, content: Stanza[] = []) =>
    stanza('iq', { id: 'q', type: 'get', ...attrs }, content);
  const yes = (to: Stanza['attrs'][string]) => stanza('iq', { type: 'result', id: 'q', to });

  it('whether it is there are answered, however they are put', () => {
    expect(answerTo(iq({ xmlns: 'urn:xmpp:ping' }))).toEqual(yes(server));
    expect(answerTo(iq({ xmlns: 'w:p', from: server }))).toEqual(yes(server));
    expect(answerTo(iq({ from: bob }, [stanza('ping')]))).toEqual(yes(bob));
  });

  it('that it does not understand are not answered as if it did, nor to a peer at all', () => {
    const error = stanza('error', { code: '501', text: 'feature-not-implemented' });
    const refused = stanza('iq', { type: 'error', id: 'q', to: server }, [error]);
    expect(answerTo(iq({ xmlns: 'other' }))).toEqual(refused);
    expect(answerTo(iq({ xmlns: 'w:p', type: 'set' }, [stanza('ping')]))).toEqual(refused);
    expect(answerTo(iq({ xmlns: 'other', from: bob }))).toBeUndefined();
  });
});

it('asks the gatekeeper in its words', () => {
  expect(active()).toEqual(stanza('iq', { type: 'set', xmlns: 'passive', to: server }, [stanza('active')]));
  expect(ping()).toEqual(stanza('iq', { type: 'get', xmlns: 'w:p', to: server }, [stanza('ping')]));
  expect(removal()).toEqual(
    stanza('iq', { type: 'set', xmlns: 'w:interop', to: server }, [stanza('remove')]),
  );
  expect(offlineBatch(100)).toEqual(stanza('ib', {}, [stanza('offline_batch', { count: '100' })]));
  expect(blockChange(bobText, 'unblock')).toEqual(
    stanza('iq', { type: 'set', xmlns: 'blocklist', to: server }, [
      stanza('item', { action: 'unblock', jid: bob }),
    ]),
  );
});
