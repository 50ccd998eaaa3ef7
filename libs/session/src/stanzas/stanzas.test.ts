import { stanza, type Stanza } from '@causeway/xml';
import { describe, expect, it } from 'vitest';
import { buildAck, buildDelivered, buildNack, settleableOf } from './ack.js';
import { buildBundleQuery, readBundleAnswer } from './bundle.js';
import {
  buildActive,
  buildBlock,
  buildDevicesQuery,
  buildOfflineBatch,
  buildRemoval,
  buildTyping,
  readDevices,
  readTyping,
} from './control.js';
import { buildMessage, readMessage } from './message.js';
import { buildPreKeyCount, buildPreKeyUpload, readPreKeyCount } from './prekeys.js';
import { buildReceipt, readReceipt } from './receipt.js';
import { SessionKey, GatekeeperId } from '@causeway/contracts/ids';
import { parseAddress } from '@causeway/jid';
import { StanzaInvalid } from './stanza-invalid.js';

const bytes = (length: number, fill: number) => Buffer.alloc(length, fill);
const key = (fill: number) => bytes(32, fill);
const base64 = (length: number, fill: number) => bytes(length, fill).toString('base64');
const aliceText = '7-1@interop';
const bobText = '4915550002:3@s.whatsapp.net';
const server = parseAddress('s.whatsapp.net');
const alice = parseAddress(aliceText);
const bob = parseAddress(bobText);

describe('messages', () => {
  const message = {
    to: bobText,
    stanzaType: 'text' as const,
    encrypted: { type: 'pkmsg' as const, ciphertext: base64(40, 1) },
  };

  it('go to the devices of the recipient', () => {
    const enc = stanza('enc', { v: '2', type: 'pkmsg' }, bytes(40, 1));
    expect(buildMessage('3EB0', message)).toEqual(
      stanza('message', { id: '3EB0', type: 'text', to: bob }, [
        stanza('participants', {}, [stanza('to', { jid: bob }, [enc])]),
      ]),
    );
  });

  it('that are sent again go to the one device that asked, and say how often it did', () => {
    expect(buildMessage('3EB0', { ...message, retryCount: 2 })).toEqual(
      stanza('message', { id: '3EB0', type: 'text', to: bob, device_fanout: 'false' }, [
        stanza('enc', { v: '2', type: 'pkmsg', count: '2' }, bytes(40, 1)),
      ]),
    );
  });

  it('are read with their sender, and with the participant where there is one', () => {
    const enc = stanza('enc', { v: '2', type: 'msg', count: '1' }, bytes(20, 2));
    const received = stanza('message', { id: 'A1', from: bob, type: 'text', t: '1750000000' }, [
      stanza('reporting'),
      enc,
    ]);
    const expected = {
      id: 'A1',
      from: bobText,
      timestamp: 1_750_000_000,
      encrypted: { type: 'msg', ciphertext: base64(20, 2) },
      retryCount: 1,
    };
    expect(readMessage(received)).toEqual(expected);
    const primary = { ...received, attrs: { ...received.attrs, from: { ...bob, device: 0 } } };
    expect(readMessage(primary)).toEqual({ ...expected, from: '4915550002:0@s.whatsapp.net' });
    const inGroup = { ...received, attrs: { ...received.attrs, participant: alice } };
    expect(readMessage(inGroup)).toEqual({ ...expected, from: aliceText });
  });

  const enc = (attrs: object, content: Stanza['content'] = bytes(8, 1)) => [
    stanza('enc', { v: '2', type: 'msg', ...attrs }, content),
  ];
  it.each<[string, Stanza, number]>([
    ['no ciphertext', stanza('message', { id: 'A', from: bob }), 487],
    ['another version', stanza('message', { id: 'A', from: bob }, enc({ v: '3' })), 487],
    ['another type', stanza('message', { id: 'A', from: bob }, enc({ type: 'skmsg' })), 487],
    ['children for bytes', stanza('message', { id: 'A', from: bob }, enc({}, [stanza('x')])), 487],
    ['no id', stanza('message', { from: bob }, enc({})), 487],
    ['no sender', stanza('message', { id: 'A' }, enc({})), 487],
    ['a text for a sender', stanza('message', { id: 'A', from: bobText }, enc({})), 487],
    ['a sender of no text', stanza('message', { id: 'A', from: { ...bob, user: 'a:b' } }, enc({})), 487],
    ['too long', stanza('message', { id: 'A', from: bob }, enc({}, bytes(196_609, 1))), 500],
  ])('are refused with %s', (_what, received, nack) => {
    expect(() => readMessage(received)).toThrow(expect.objectContaining({ name: 'StanzaInvalid', nack }));
  });

  it('are read up to the longest that fits the relay', () => {
    const received = stanza('message', { id: 'A', from: bob }, enc({}, bytes(196_608, 1)));
    expect(readMessage(received).encrypted.ciphertext).toHaveLength(262_144);
  });
});

describe('receipts', () => {
  it('name one id in the attributes and further ones in a list', () => {
    expect(buildReceipt({ to: bobText, kind: 'delivered', ids: ['A'] })).toEqual(
      stanza('receipt', { id: 'A', to: bob }),
    );
    expect(buildReceipt({ to: bobText, kind: 'read', ids: ['A', 'B', 'C'] })).toEqual(
      stanza('receipt', { id: 'A', to: bob, type: 'read' }, [
        stanza('list', {}, [stanza('item', { id: 'B' }), stanza('item', { id: 'C' })]),
      ]),
    );
  });

  it.each([
    [undefined, 'delivered'],
    ['inactive', 'delivered'],
    ['read', 'read'],
    ['played', 'played'],
  ])('of type %s are read as %s, each id once', (type, kind) => {
    const list = stanza('list', {}, [stanza('item', { id: 'B' }), stanza('item', { id: 'A' })]);
    const received = stanza('receipt', { id: 'A', from: bob, type, t: '5' }, [list]);
    expect(readReceipt(received)).toEqual({ from: bobText, kind, ids: ['A', 'B'], timestamp: 5 });
  });

  it.each(['sender', 'peer_msg', 'read-self', 'hist_sync', 'server-error', 'unheard-of'])(
    'of type %s concern nobody here',
    (type) => expect(readReceipt(stanza('receipt', { id: 'A', from: bob, type }))).toBeUndefined(),
  );

  it('of a type that is an address concern nobody here', () => {
    expect(readReceipt(stanza('receipt', { id: 'A', from: bob, type: bob }))).toBeUndefined();
  });

  const bundle = {
    registrationId: 0x01020304,
    identityKey: base64(32, 1),
    preKey: { id: 0x0a0b0c, key: base64(32, 2) },
    signedPreKey: { id: 7, key: base64(32, 3), signature: base64(64, 4) },
  };
  const keys = stanza('keys', {}, [
    stanza('type', {}, Buffer.of(5)),
    stanza('identity', {}, key(1)),
    stanza('key', {}, [stanza('id', {}, Buffer.of(10, 11, 12)), stanza('value', {}, key(2))]),
    stanza('skey', {}, [
      stanza('id', {}, Buffer.of(0, 0, 7)),
      stanza('value', {}, key(3)),
      stanza('signature', {}, bytes(64, 4)),
    ]),
  ]);
  const asked = (content: readonly Stanza[]) => [
    stanza('retry', { v: '1', count: '2', id: 'A', t: '5' }),
    stanza('registration', {}, Buffer.of(1, 2, 3, 4)),
    ...content,
  ];
  const retry = { count: 2, timestamp: 5, registrationId: 0x01020304 };

  it('that ask for a message again carry the keys for a new session', () => {
    const receipt = { to: bobText, kind: 'retry' as const, ids: ['A'], retry: { ...retry, bundle } };
    expect(buildReceipt(receipt)).toEqual(
      stanza('receipt', { id: 'A', to: bob, type: 'retry' }, asked([keys])),
    );
  });

  it.each<[string, readonly Stanza[], object]>([
    ['with keys', [keys], { bundle }],
    ['without keys', [], {}],
    ['with half the keys', [stanza('keys', {}, [stanza('identity', {}, key(1))])], {}],
  ])('that ask for a message again are read %s', (_how, content, more) => {
    const received = stanza('receipt', { id: 'A', from: bob, type: 'retry', t: '6' }, asked(content));
    expect(readReceipt(received)).toEqual({
      from: bobText,
      kind: 'retry',
      ids: ['A'],
      timestamp: 6,
      retry: { ...retry, ...more },
    });
  });

  it('of more ids than are allowed, or of none, are refused', () => {
    const items = Array.from({ length: 256 }, (_, index) => stanza('item', { id: `B${index}` }));
    const received = stanza('receipt', { id: 'A', from: bob }, [stanza('list', {}, items)]);
    expect(() => readReceipt(received)).toThrow(StanzaInvalid);
    expect(() => readReceipt(stanza('receipt', { from: bob }))).toThrow(StanzaInvalid);
  });
});

describe('prekeys', () => {
  it('are uploaded in the form of the directory', () => {
    const upload = {
      type: 'prekeys.upload' as const,
      sessionKey: SessionKey.parse('22222222-2222-4222-8222-222222222222.simulator'),
      gatekeeper: GatekeeperId.parse('simulator'),
      registrationId: 258,
      identityKey: base64(32, 1),
      signedPreKey: { id: 1, key: base64(32, 3), signature: base64(64, 4) },
      preKeys: [{ id: 0xffffff, key: base64(32, 2) }],
    };
    expect(buildPreKeyUpload(upload)).toEqual(
      stanza('iq', { type: 'set', xmlns: 'encrypt', to: server }, [
        stanza('registration', {}, Buffer.of(0, 0, 1, 2)),
        stanza('type', {}, Buffer.of(5)),
        stanza('identity', {}, key(1)),
        stanza('list', {}, [
          stanza('key', {}, [stanza('id', {}, bytes(3, 255)), stanza('value', {}, key(2))]),
        ]),
        stanza('skey', {}, [
          stanza('id', {}, Buffer.of(0, 0, 1)),
          stanza('value', {}, key(3)),
          stanza('signature', {}, bytes(64, 4)),
        ]),
      ]),
    );
  });

  it('are counted', () => {
    expect(buildPreKeyCount()).toEqual(
      stanza('iq', { type: 'get', xmlns: 'encrypt', to: server }, [stanza('count')]),
    );
    const answer = (value: string | undefined) => stanza('iq', {}, [stanza('count', { value })]);
    expect(readPreKeyCount(answer('12'))).toBe(12);
    for (const value of [undefined, '', '-1', '1e3', '9'.repeat(16)])
      expect(readPreKeyCount(answer(value))).toBeUndefined();
  });

  const answerWith = (user: Stanza) => stanza('iq', {}, [stanza('list', {}, [user])]);
  it('of somebody are asked for and read, with or without a one-time key', () => {
    expect(buildBundleQuery(bobText)).toEqual(
      stanza('iq', { type: 'get', xmlns: 'encrypt', to: server }, [
        stanza('key', {}, [stanza('user', { jid: bob })]),
      ]),
    );
    const skey = stanza('skey', {}, [
      stanza('id', {}, Buffer.of(0, 0, 9)),
      stanza('value', {}, key(3)),
      stanza('signature', {}, bytes(64, 4)),
    ]);
    const user = stanza('user', { jid: bob }, [
      stanza('registration', {}, Buffer.of(0, 0, 0, 8)),
      stanza('type', {}, Buffer.of(5)),
      stanza('identity', {}, key(1)),
      skey,
    ]);
    expect(readBundleAnswer(answerWith(user))).toEqual({
      registrationId: 8,
      identityKey: base64(32, 1),
      signedPreKey: { id: 9, key: base64(32, 3), signature: base64(64, 4) },
    });
  });

  it.each([
    ['an error', stanza('user', { jid: bob }, [stanza('error', { code: '406' })])],
    ['nothing', stanza('user', { jid: bob })],
    ['a short key', stanza('user', { jid: bob }, [stanza('identity', {}, bytes(31, 1))])],
  ])('of somebody are none when the answer holds %s', (_what, user) => {
    expect(readBundleAnswer(answerWith(user))).toBeUndefined();
  });
});

describe('control', () => {
  it('builds what the phases of a login need', () => {
    expect(buildActive()).toEqual(
      stanza('iq', { type: 'set', xmlns: 'passive', to: server }, [stanza('active')]),
    );
    expect(buildOfflineBatch(100)).toEqual(stanza('ib', {}, [stanza('offline_batch', { count: '100' })]));
    expect(buildRemoval()).toEqual(
      stanza('iq', { type: 'set', xmlns: 'w:interop', to: server }, [stanza('remove')]),
    );
    expect(buildBlock({ peer: bobText, action: 'block' })).toEqual(
      stanza('iq', { type: 'set', xmlns: 'blocklist', to: server }, [
        stanza('item', { action: 'block', jid: bob }),
      ]),
    );
  });

  it('asks for the devices of somebody and reads them', () => {
    expect(buildDevicesQuery(bobText, 's1')).toMatchObject({ attrs: { xmlns: 'usync' } });
    const list = stanza('device-list', {}, [
      stanza('device', { id: '0' }),
      stanza('device', { id: 'x' }),
      stanza('device', { id: '3' }),
    ]);
    const user = stanza('user', { jid: bob }, [stanza('devices', {}, [list])]);
    const answer = (users: Stanza[]) => stanza('iq', {}, [stanza('usync', {}, [stanza('list', {}, users)])]);
    expect(readDevices(answer([user]))).toEqual([0, 3]);
    expect(readDevices(answer([]))).toEqual([]);
    expect(readDevices(stanza('iq'))).toEqual([]);
  });

  it('carries typing both ways', () => {
    expect(buildTyping({ to: bobText, state: 'paused' })).toEqual(
      stanza('chatstate', { to: bob }, [stanza('paused')]),
    );
    expect(readTyping(stanza('chatstate', { from: bob }, [stanza('composing')]))).toEqual({
      from: bobText,
      state: 'composing',
    });
    expect(() => readTyping(stanza('chatstate', { from: bob }, [stanza('recording')]))).toThrow(
      StanzaInvalid,
    );
  });
});

describe('acknowledgements', () => {
  const received = stanza('receipt', { id: 'A', from: bob, type: 'read', participant: alice, offline: '1' });

  it('name class, id, type and participant of what they settle', () => {
    const of = settleableOf(received);
    expect(of && buildAck(of)).toEqual(
      stanza('ack', { class: 'receipt', id: 'A', to: bob, type: 'read', participant: alice }),
    );
    expect(of && buildNack(of, 487)).toMatchObject({ attrs: { class: 'receipt', id: 'A', error: '487' } });
  });

  it('of a message leave its type out; a delivery receipt takes their place', () => {
    const of = settleableOf(stanza('message', { id: 'A', from: bob, type: 'text' }));
    expect(of && buildAck(of)).toEqual(stanza('ack', { class: 'message', id: 'A', to: bob }));
    expect(of && buildDelivered(of)).toEqual(stanza('receipt', { id: 'A', to: bob }));
  });

  it.each([
    ['without an id', stanza('message', { from: bob })],
    ['without a sender', stanza('message', { id: 'A' })],
    ['of a class that is not settled', stanza('chatstate', { id: 'A', from: bob })],
  ])('cannot be made for a stanza %s', (_what, unsettled) => {
    expect(settleableOf(unsettled)).toBeUndefined();
  });
});
