import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceFrame, ServerFrame } from '@causeway/contracts/fanout';
import { GatekeeperId } from '@causeway/contracts/ids';
import { parseAddress } from '@causeway/jid';
import { stanza, type Stanza } from '@causeway/xml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceStore } from '../store/device-store.js';
import type { ChatChannel } from './chat-channel.js';
import { ChatSession } from './chat-session.js';
import { decodeFrame, encodeFrame } from './wire.js';

const gatekeeper = GatekeeperId.parse('simulator');
const bobText = '4915550002:3@s.whatsapp.net';
const bob = parseAddress(bobText);
const enc = stanza('enc', { v: '2', type: 'msg' }, Uint8Array.of(1, 2, 3));

let folder: string;
let store: DeviceStore;
let session: ChatSession;
let frames: ServerFrame[];
/** What left, as the gatekeeper reads it. */
let sent: Stanza[];

/** The gatekeeper's end of a login, played by the test. Its directory is full. */
function channel(): ChatChannel {
  const send = (outgoing: Stanza) => sent.push(decodeFrame(encodeFrame(outgoing))) > 0;
  const query = async (request: Stanza) => {
    send(request);
    return stanza('iq', { type: 'result' }, [stanza('count', { value: '100' })]);
  };
  return { send, query, pause: () => undefined, resume: () => undefined } as unknown as ChatChannel;
}

const receive = (received: Stanza) => session.received(decodeFrame(encodeFrame(received)));
const send = (frame: object) => session.send({ gatekeeper, ...frame } as DeviceFrame);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'device-'));
  store = DeviceStore.open(join(folder, 'device.sqlite'), gatekeeper);
  frames = [];
  sent = [];
  session = new ChatSession(gatekeeper, store.keys, (frame) => frames.push(frame));
  await session.begin(channel(), '7-1@interop');
  frames = [];
  sent = [];
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('addresses', () => {
  it('come as values and are told as their text', () => {
    receive(stanza('message', { id: 'A', from: bob, t: '5' }, [enc]));
    receive(stanza('receipt', { id: 'B', from: { ...bob, device: 0 }, type: 'read' }));
    receive(stanza('notification', { id: 'C', from: bob, type: 'encrypt' }, [stanza('identity')]));
    receive(stanza('chatstate', { from: bob }, [stanza('composing')]));
    expect(frames).toMatchObject([
      { type: 'message', message: { id: 'A', from: bobText } },
      { type: 'receipt', receipt: { ids: ['B'], from: '4915550002:0@s.whatsapp.net' } },
      { type: 'identity', identity: { peer: bobText } },
      { type: 'typing', typing: { from: bobText } },
    ]);
  });

  it.each([
    ['a message', stanza('message', { id: 'A', from: bobText }, [enc])],
    ['a message of a group', stanza('message', { id: 'A', from: bob, participant: bobText }, [enc])],
    ['a receipt', stanza('receipt', { id: 'A', from: bobText, type: 'read' })],
    [
      'a change of identity',
      stanza('notification', { id: 'A', from: bobText, type: 'encrypt' }, [stanza('identity')]),
    ],
  ])('that are text have %s refused to that text, and nothing is told', (_what, received) => {
    receive(received);
    expect(sent).toMatchObject([
      { tag: 'ack', attrs: { id: 'A', class: received.tag, to: received.attrs['from'], error: '487' } },
    ]);
    expect(frames).toEqual([]);
  });

  it('of the gatekeeper itself may be its name as text', () => {
    receive(stanza('notification', { id: 'A', from: 's.whatsapp.net', type: 'w:gp2' }));
    expect(sent).toMatchObject([{ tag: 'ack', attrs: { id: 'A', to: 's.whatsapp.net' } }]);
    expect(sent[0]?.attrs['error']).toBeUndefined();
  });

  it('leave as values', () => {
    send({
      type: 'send',
      id: 'A',
      message: { to: bobText, stanzaType: 'text', encrypted: { type: 'msg', ciphertext: 'AAAA' } },
    });
    send({ type: 'typing', typing: { to: bobText, state: 'paused' } });
    send({ type: 'block', block: { peer: bobText, action: 'block' } });
    expect(sent).toMatchObject([
      { tag: 'message', attrs: { to: bob }, content: [{ content: [{ attrs: { jid: bob } }] }] },
      { tag: 'chatstate', attrs: { to: bob } },
      { attrs: { to: { user: '', server: 's.whatsapp.net' } }, content: [{ attrs: { jid: bob } }] },
    ]);
  });

  it('that are none are refused as the session service refuses them', async () => {
    const to = '1-a:b@interop';
    const encrypted = { type: 'msg', ciphertext: 'AAAA' };
    expect(send({ type: 'send', id: 'A', message: { to, stanzaType: 'text', encrypted } })).toBe(true);
    expect(send({ type: 'typing', typing: { to, state: 'paused' } })).toBe(true);
    expect(send({ type: 'block', block: { peer: to, action: 'block' } })).toBe(true);
    expect(send({ type: 'query', correlationId: 'q', query: { kind: 'bundle', peer: to } })).toBe(true);
    await Promise.resolve();
    expect(frames).toMatchObject([
      { type: 'refused', id: 'A', code: 'stanza_invalid', retryable: false },
      { type: 'answer', correlationId: 'q', answer: { kind: 'failed', code: 'stanza_invalid' } },
    ]);
    expect(sent).toEqual([]);
  });
});
