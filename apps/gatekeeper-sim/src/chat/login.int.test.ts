import { randomBytes } from 'node:crypto';
import { x25519 } from '@noble/curves/ed25519.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@causeway/testing';
import { ChatClient } from '../fixtures/chat-client.js';
import type { Device } from '../fixtures/device.js';
import { startWorld, type World } from '../fixtures/world.js';
import { connectionHeader } from './connection.js';
import { frame } from './frames.js';
import { node } from './stanzas.js';

let world: World;
let alice: Device;

beforeAll(async () => {
  world = await startWorld({ limits: { handshakeMs: 2000, idleMs: 3000, connections: 12 } });
  alice = await world.device('alice@partner.example');
});
afterAll(() => world.stop());

const tokenOf = async (identifier: string, claims = {}) =>
  Buffer.from(await world.partner.token(identifier, Date.now(), claims));
const payload = async (change: object) => {
  const interopData = { accountID: alice.number, token: await tokenOf(alice.identifier) };
  return { payload: { passive: true, product: 2, interopData, ...change } };
};

describe('login', () => {
  it.each(['wa', 'spec'] as const)('succeeds under the transcript rule %s', async (transcript) => {
    const own = await startWorld({ transcript });
    const { answer, client } = await (await own.device('a@partner.example')).login({ transcript });
    expect(answer.tag).toBe('success');
    expect(Number(answer.attrs['t'])).toBeCloseTo(Date.now() / 1000, -2);
    await client.close();
    await own.stop();
  });

  it('does not open under the other rule', async () => {
    await expect(alice.login({ transcript: 'spec' })).rejects.toMatchObject({ code: 'noise_failed' });
  });

  it.each<[string, string, () => Promise<object>]>([
    ['a payload that cannot be read', '400', async () => ({ payload: Uint8Array.of(0xff, 0xff, 0xff) })],
    ['another product', '400', () => payload({ product: 0 })],
    ['no interop data', '400', () => payload({ interopData: {} })],
    ['another static key', '401', async () => ({ staticSecret: x25519.utils.randomSecretKey() })],
    ['an expired token', '413', async () => payload({ interopData: await data({ exp: 1_000_000 }) })],
    ['a token for others', '414', async () => payload({ interopData: await data({ aud: 'other' }) })],
    [
      "somebody else's token",
      '414',
      async () => payload({ interopData: await data({ sub: 'eve@partner.example' }) }),
    ],
    ['no such account', '415', async () => payload({ interopData: { ...(await data({})), accountID: 999 } })],
  ])('fails with: %s', async (_name, reason, change) => {
    const { answer, client } = await alice.login(await change());
    expect(answer).toEqual({ tag: 'failure', attrs: { reason } });
    await client.waitClosed();
  });

  const data = async (claims: object) => ({
    accountID: alice.number,
    token: await tokenOf(alice.identifier, claims),
  });

  it('is refused as often as was ordered, with all that the order says', async () => {
    const ban = { reason: '402', code: '104', expire: '600' };
    world.simulator.control.server.order(alice.jid, { refuseLogins: { times: 1, ...ban } });
    expect((await alice.login()).answer).toEqual({ tag: 'failure', attrs: ban });
    const { answer, client } = await alice.login();
    expect(answer.tag).toBe('success');
    await client.close();
  });

  it.each([
    ['restart', { code: '515' }, undefined],
    ['busy', { code: '503' }, undefined],
    ['removed', { code: '401' }, [{ tag: 'conflict', attrs: { type: 'device_removed' } }]],
  ] as const)('ends when it was ordered, and says why: %s', async (how, attrs, content) => {
    const client = await alice.connect();
    world.simulator.control.server.disconnect(alice.jid, how);
    const error = await client.waitFor((each) => each.tag === 'stream:error');
    expect([error.attrs, error.content]).toEqual([attrs, content]);
    await client.waitClosed();
  });

  it('ends for who sends faster than allowed', async () => {
    const own = await startWorld({ limits: { stanzaBurst: 5, stanzasPerSecond: 1 } });
    const client = await (await own.device('a@partner.example')).connect();
    for (let i = 0; i < 10; i++) client.send(node('chatstate', { to: own.bob.jid }, [node('composing')]));
    expect((await client.waitFor((each) => each.tag === 'stream:error')).attrs).toEqual({ code: '429' });
    expect(own.simulator.control.server.records().counters.closedForRate).toBe(1);
    await own.stop();
  });

  it('falls silent over an open connection when that was ordered', async () => {
    const client = await alice.connect();
    world.simulator.control.server.order(alice.jid, { mute: true });
    const answered = client.query('w:p', 'get').then(
      () => 'answered',
      () => 'closed',
    );
    const silent = new Promise((resolve) => setTimeout(() => resolve('silent'), 300));
    expect(await Promise.race([answered, silent])).toBe('silent');
    world.simulator.control.server.order(alice.jid, { mute: false });
    await client.close();
  });

  it('sends the older connection away when a newer one logs in', async () => {
    const older = await alice.connect();
    const newer = await alice.connect();
    const ended = await older.waitFor((each) => each.tag === 'stream:error');
    expect(ended.content).toEqual([{ tag: 'conflict', attrs: { type: 'replaced' } }]);
    await older.waitClosed();
    expect((await newer.query('w:p', 'get')).attrs['type']).toBe('result');
    await newer.close();
  });

  it('closes a connection that does not shake hands in time, and one that falls silent', async () => {
    const mute = await ChatClient.open(world.simulator.endpoints.chat);
    const silent = await alice.connect();
    await mute.waitClosed();
    await silent.waitClosed();
    expect(world.simulator.control.server.accounts()[0]?.connected).toBe(false);
  });

  it('takes no more connections than its limit', async () => {
    const { chat } = world.simulator.endpoints;
    const opened = await Promise.allSettled(Array.from({ length: 14 }, () => ChatClient.open(chat)));
    expect(opened.filter((each) => each.status === 'rejected').length).toBeGreaterThanOrEqual(2);
    for (const each of opened) if (each.status === 'fulfilled') await each.value.waitClosed();
  });
});

describe('hostile bytes', () => {
  const whole = (bytes: Uint8Array) => Buffer.concat([connectionHeader, bytes]);

  it.each<[string, Uint8Array]>([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a frame beyond the limit', whole(Uint8Array.of(0xff, 0xff, 0xff))],
    ['a first message that cannot be read', whole(frame(Uint8Array.of(1, 2, 3)))],
    [
      'an ephemeral key of low order',
      whole(frame(Buffer.concat([Uint8Array.of(0x12, 34, 0x0a, 32), new Uint8Array(32)]))),
    ],
    ['a whole message of nothing but empty frames', whole(new Uint8Array(300_000))],
  ])('end that connection only: %s', async (_name, bytes) => {
    const client = await ChatClient.open(world.simulator.endpoints.chat);
    client.socket.send(bytes);
    await client.waitClosed();
    expect((await alice.login()).answer.tag).toBe('success');
  });

  it('end a logged-in connection: junk under the seal, and junk without', async () => {
    const sealed = await alice.connect();
    sealed.sendRaw(Uint8Array.of(0, 0xf9, 0xff, 0xff));
    await sealed.waitClosed();
    const open = await alice.connect();
    open.socket.send(frame(new Uint8Array(40)));
    await open.waitClosed();
    await eventually(() => expect(world.simulator.control.server.accounts()[0]?.connected).toBe(false));
  });

  it('are ignored when they are well-formed but mean nothing', async () => {
    const client = await alice.connect();
    client.send(node('presence', { type: 'available' }));
    client.send(node('ib', {}, [node('offline_batch', { count: '-5' })]));
    client.send(node('ack', { class: 'message', id: 'never sent' }));
    expect((await client.query('nonsense', 'get')).content).toEqual([
      { tag: 'error', attrs: { code: '400', text: 'bad-request' } },
    ]);
    await client.close();
  });
});

describe('load', () => {
  it('of more frames than the inbox holds is handled in order', async () => {
    const client = await alice.connect();
    client.stanzas.length = 0;
    const ids = Array.from({ length: 1000 }, (_each, index) => `p${index}`);
    for (const id of ids) client.send(node('iq', { id, type: 'get', xmlns: 'w:p' }));
    await eventually(() => expect(client.all('iq').map((each) => each.attrs['id'])).toEqual(ids));
    await client.close();
  });

  it('that a client does not read ends its connection, and what it missed comes again', async () => {
    const own = await startWorld({ limits: { unsentBytes: 100_000 } });
    const slow = await own.device('slow@partner.example');
    const client = await slow.connect();
    client.socket.pause();
    const isConnected = () => own.simulator.control.server.accounts()[0]?.connected;
    const enc = node('enc', { v: '2', type: 'msg' }, randomBytes(100_000));
    let sent = 0;
    while (isConnected() && sent < 300) {
      own.deliver(slow, node('message', { id: `m${sent++}`, from: own.bob.jid }, [enc]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => expect(isConnected()).toBe(false));
    expect(own.simulator.control.server.accounts()[0]?.queued).toBe(sent);
    await own.stop();
  });
});
