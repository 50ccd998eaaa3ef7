import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerFrame } from '@causeway/contracts/fanout';
import { GatekeeperId } from '@causeway/contracts/ids';
import { parseAddress } from '@causeway/jid';
import { child, stanza, type Stanza } from '@causeway/xml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceStore } from '../store/device-store.js';
import { ChatError } from './chat-error.js';
import { ChatSession, type SessionChannel } from './chat-session.js';

const gatekeeper = GatekeeperId.parse('simulator');
const bobText = '4915550002:3@s.whatsapp.net';
const bob = parseAddress(bobText);
const own = '7-1@interop';

/** The gatekeeper's end of a login, played by a test. */
class ScriptedChannel implements SessionChannel {
  readonly sent: Stanza[] = [];
  readonly queries: Stanza[] = [];
  reading = true;
  open = true;
  /** What a query comes to; by default an empty result, and prekeys enough. */
  answering: (query: Stanza) => Promise<Stanza> = async () =>
    stanza('iq', { type: 'result' }, [stanza('count', { value: '100' })]);

  send(outgoing: Stanza): boolean {
    if (this.open) this.sent.push(outgoing);
    return this.open;
  }
  async query(request: Stanza): Promise<Stanza> {
    this.queries.push(request);
    return this.answering(request);
  }
  pause(): void {
    this.reading = false;
  }
  resume(): void {
    this.reading = true;
  }

  /** What was sent, as `tag error?`. */
  get told(): string[] {
    return this.sent.map(({ tag, attrs }) => (attrs.error === undefined ? tag : `${tag} ${attrs.error}`));
  }
}

let folder: string;
let store: DeviceStore;
let frames: ServerFrame[];
let channel: ScriptedChannel;
let session: ChatSession;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chat-session-'));
  store = DeviceStore.open(join(folder, 'device.sqlite'), gatekeeper);
  frames = [];
  channel = new ScriptedChannel();
  session = new ChatSession(gatekeeper, store.keys, (frame) => frames.push(frame));
  await session.begin(channel, own);
  frames.length = 0;
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const enc = stanza('enc', { v: '2', type: 'msg' }, Buffer.from('ciphertext'));
const message = (id: string, attrs: object = {}, content: Stanza[] = [enc]) =>
  stanza('message', { id, from: bob, t: '1', ...attrs }, content);
const acknowledge = (...deliveries: string[]) => session.send({ type: 'ack', gatekeeper, deliveries });
const deliveries = () => frames.flatMap((frame) => ('delivery' in frame ? [frame.delivery] : []));
const query = () =>
  session.send({ type: 'query', gatekeeper, correlationId: 'c', query: { kind: 'bundle', peer: bobText } });
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('what the gatekeeper sends', () => {
  it('is handed on, and settled when the device has stored it', () => {
    session.received(message('A'));
    session.received(stanza('receipt', { id: 'B', from: bob, type: 'read' }));
    const identity = stanza('notification', { id: 'C', from: bob, type: 'encrypt' }, [stanza('identity')]);
    session.received(identity);
    expect(frames.map(({ type }) => type)).toEqual(['message', 'receipt', 'identity']);
    expect(channel.sent).toEqual([]);
    acknowledge(...deliveries());
    expect(channel.sent).toEqual([
      stanza('receipt', { id: 'A', to: bob }),
      stanza('ack', { class: 'receipt', id: 'B', to: bob, type: 'read' }),
      stanza('ack', { class: 'notification', id: 'C', to: bob, type: 'encrypt' }),
    ]);
    acknowledge(...deliveries());
    expect(channel.sent).toHaveLength(3);
  });

  it.each<[string, Stanza, string[]]>([
    ['a message that cannot be read', message('A', {}, []), ['ack 487']],
    ['a receipt that cannot be read', stanza('receipt', { id: 'a b', from: bob }), ['ack 487']],
    ['a receipt for another device', stanza('receipt', { id: 'A', from: bob, type: 'sender' }), ['ack']],
    [
      'a peer that is none with a new identity',
      stanza('notification', { id: 'A', from: 'x', type: 'encrypt' }, [stanza('identity')]),
      ['ack 487'],
    ],
    ['a notification of anything else', stanza('notification', { id: 'A', from: bob, type: 'w' }), ['ack']],
    ['a call', stanza('call', { id: 'A', from: bob }), ['ack']],
    ['what nobody knows', stanza('novelty', { id: 'A', from: bob }), ['ack 488']],
    ['a presence', stanza('presence', { id: 'A', from: bob }), []],
    ['a message without a name', message('A', { id: undefined }), []],
    [
      'a message from nobody, with a participant',
      message('A', { from: undefined, participant: parseAddress(own) }),
      [],
    ],
    ['what has nothing', stanza('novelty'), []],
  ])('and the device has no use for is answered at once, or not at all: %s', (_name, received, told) => {
    session.received(received);
    expect(channel.told).toEqual(told);
    expect(frames).toEqual([]);
  });

  it('tells the fate of a message, and whether it may be sent again', () => {
    for (const error of [undefined, '404', '429', '503', '463', 'new'])
      session.received(stanza('ack', { class: 'message', id: 'A', t: '9', error }));
    session.received(stanza('ack', { class: 'receipt', id: 'A' }));
    session.received(stanza('ack', { class: 'message' }));
    const refused = { type: 'refused', gatekeeper, id: 'A' };
    expect(frames).toEqual([
      { type: 'accepted', gatekeeper, id: 'A', timestamp: 9 },
      { ...refused, code: 'recipient_unknown', retryable: false },
      { ...refused, code: 'upstream_rate_limited', retryable: true },
      { ...refused, code: 'upstream_unreachable', retryable: true },
      { ...refused, code: 'recipient_restricted', retryable: false },
      { ...refused, code: 'upstream_refused', retryable: false },
    ]);
  });

  it('shows who is typing, and nothing that is no state', () => {
    for (const state of ['composing', 'paused', 'dancing'])
      session.received(stanza('chatstate', { from: bob }, [stanza(state)]));
    expect(frames.map((frame) => frame.type === 'typing' && frame.typing.state)).toEqual([
      'composing',
      'paused',
    ]);
  });
});

describe('what waits at the gatekeeper', () => {
  const pulls = () => channel.sent.filter(({ tag }) => tag === 'ib').length;

  it('is pulled when it is announced, and again when a part of it is taken', () => {
    session.received(stanza('ib', {}, [stanza('offline_preview', { count: '2' })]));
    expect(pulls()).toBe(1);
    session.received(message('A', { offline: '0' }));
    session.received(message('B', { offline: '0' }));
    const [first = '', second = ''] = deliveries();
    acknowledge(first);
    expect(pulls()).toBe(1);
    acknowledge(second);
    expect(pulls()).toBe(2);
    session.received(stanza('ib', {}, [stanza('offline', { count: '0' })]));
    expect(pulls()).toBe(2);
  });

  it.each<[string, Stanza]>([
    ['a message that is refused', message('A', { offline: '0' }, [])],
    ['a notification', stanza('notification', { id: 'A', from: bob, type: 'w', offline: '0' })],
    ['a receipt for another device', stanza('receipt', { id: 'A', from: bob, type: 'sender', offline: '0' })],
  ])('is pulled on behind what needs no device: %s', (_name, last) => {
    session.received(last);
    expect(pulls()).toBe(1);
  });
});

describe('a device that stores slowly', () => {
  const fill = () => {
    for (let index = 0; index < 256; index += 1) session.received(message(`m${index}`));
  };

  it('has no more than so much unacknowledged', () => {
    fill();
    expect(channel.reading).toBe(false);
    acknowledge(deliveries()[0] ?? '');
    expect(channel.reading).toBe(true);
  });

  it('and asked for quiet is not disturbed by its own acknowledgements', () => {
    session.pause();
    fill();
    acknowledge(...deliveries());
    expect(channel.reading).toBe(false);
    session.resume();
    expect(channel.reading).toBe(true);
  });

  it('begins anew with the next connection', async () => {
    fill();
    session.ended();
    const next = new ScriptedChannel();
    await session.begin(next, own);
    acknowledge(...deliveries());
    // What was delivered over another connection is settled over none.
    expect(next.sent).toEqual([]);
    session.received(message('again'));
    acknowledge(deliveries().at(-1) ?? '');
    expect(next.told).toEqual(['receipt']);
  });
});

describe('what the device sends', () => {
  it.each([
    [
      'send',
      {
        type: 'send',
        id: 'A',
        message: { to: bobText, stanzaType: 'text', encrypted: { type: 'msg', ciphertext: 'AAAA' } },
      },
      'message',
    ],
    ['receipt', { type: 'receipt', receipt: { to: bobText, kind: 'read', ids: ['A'] } }, 'receipt'],
    ['typing', { type: 'typing', typing: { to: bobText, state: 'composing' } }, 'chatstate'],
  ] as const)('leaves as a stanza: %s', (_name, frame, tag) => {
    expect(session.send({ gatekeeper, ...frame } as Parameters<ChatSession['send']>[0])).toBe(true);
    expect(channel.told).toEqual([tag]);
    channel.open = false;
    expect(session.send({ gatekeeper, ...frame } as Parameters<ChatSession['send']>[0])).toBe(false);
    session.ended();
    expect(session.send({ gatekeeper, ...frame } as Parameters<ChatSession['send']>[0])).toBe(false);
  });

  it.each<[string, () => Promise<Stanza>, string]>([
    ['has no keys of', async () => stanza('iq', { type: 'result' }), 'recipient_unknown'],
    ['does not answer about', () => Promise.reject(new ChatError('query_timeout')), 'query_timeout'],
  ])(
    'a question for somebody whom the gatekeeper %s is answered with a code',
    async (_name, answering, code) => {
      channel.answering = answering;
      expect(query()).toBe(true);
      await nextTurn();
      expect(frames).toEqual([
        { type: 'answer', gatekeeper, correlationId: 'c', answer: { kind: 'failed', code } },
      ]);
    },
  );
});

describe('one-time prekeys at the gatekeeper', () => {
  const uploads = () => channel.queries.filter((asked) => child(asked, 'list') !== undefined);
  const low = stanza('notification', { id: 'A', from: 's.whatsapp.net', type: 'encrypt' }, [
    stanza('count', { value: '2' }),
  ]);
  const idsOf = (upload: Stanza | undefined) =>
    (child(upload ?? stanza('iq'), 'list')?.content as Stanza[]).map((key) =>
      Buffer.from(child(key, 'id')?.content as Uint8Array).readUIntBE(0, 3),
    );

  it('are filled up when few are left, once at a time, and none is offered twice', async () => {
    channel.answering = async () => stanza('iq', { type: 'result' }, [stanza('count', { value: '2' })]);
    session.received(low);
    session.received(low);
    await nextTurn();
    expect(uploads()).toHaveLength(1);
    session.received(low);
    await nextTurn();
    expect(uploads()).toHaveLength(2);
    const offered = uploads().flatMap(idsOf);
    expect(offered).toHaveLength(200);
    expect(new Set(offered).size).toBe(200);
  });

  it('that a lost answer leaves in doubt are not offered again', async () => {
    channel.answering = async (asked) => {
      if (child(asked, 'list') !== undefined) throw new ChatError('query_timeout');
      return stanza('iq', { type: 'result' }, [stanza('count', { value: '2' })]);
    };
    session.received(low);
    await nextTurn();
    session.received(low);
    await nextTurn();
    const [first, second] = uploads().map(idsOf);
    expect(first?.some((id) => second?.includes(id))).toBe(false);
  });

  it('are left alone where there are enough', async () => {
    session.received(low);
    await nextTurn();
    expect(uploads()).toEqual([]);
  });
});

describe('a new signed prekey', () => {
  const rotations = () => channel.queries.filter((asked) => child(asked, 'rotate') !== undefined);

  it('goes to the gatekeeper with its id, key and signature', async () => {
    const signed = store.keys.signedPreKey();
    await session.rotateSignedPreKey(signed);
    const [rotation] = rotations();
    expect(rotation?.attrs).toMatchObject({ type: 'set', xmlns: 'encrypt' });
    const skey = child(child(rotation ?? stanza('iq'), 'rotate') ?? stanza('x'), 'skey') ?? stanza('x');
    const [id, value, signature] = ['id', 'value', 'signature'].map((tag) => child(skey, tag)?.content);
    expect(id).toEqual(Buffer.of(0, 0, signed.id));
    expect([value, signature]).toEqual([signed.publicKey, signed.signature]);
  });

  it('is refused with a code where the gatekeeper refuses it, or nobody is connected', async () => {
    channel.answering = () => Promise.reject(new ChatError('query_refused', '503'));
    const signed = store.keys.signedPreKey();
    await expect(session.rotateSignedPreKey(signed)).rejects.toMatchObject({ reason: '503' });
    session.ended();
    await expect(session.rotateSignedPreKey(signed)).rejects.toMatchObject({ code: 'chat_lost' });
    expect(rotations()).toHaveLength(1);
  });
});
