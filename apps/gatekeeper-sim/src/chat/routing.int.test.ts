import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@causeway/testing';
import type { ChatClient } from '../fixtures/chat-client.js';
import type { Device } from '../fixtures/device.js';
import { startWorld, type World } from '../fixtures/world.js';
import type { Node } from '../seam.js';
import { node } from './stanzas.js';

let world: World;
let alice: Device;
let client: ChatClient;

beforeAll(async () => {
  world = await startWorld();
  alice = await world.device('alice@partner.example');
  client = await alice.connect();
});
afterAll(() => world.stop());
beforeEach(() => {
  client.stanzas.length = 0;
  world.bob.received.length = 0;
});

const cipher = (text = 'c') => node('enc', { v: '2', type: 'pkmsg' }, Buffer.from(text));
const message = (id: string, to = world.bob.jid, content: Node['content'] = [cipher()]) =>
  node('message', { id, to, type: 'text' }, content);
const ackOf = (id: string) => client.waitFor((each) => each.tag === 'ack' && each.attrs['id'] === id);

describe('messages of an account', () => {
  it('are acknowledged and reach the user', async () => {
    client.send(message('A1'));
    expect((await ackOf('A1')).attrs).toEqual({
      class: 'message',
      id: 'A1',
      from: world.bob.jid,
      t: expect.stringMatching(/^\d{10}$/),
    });
    const [got] = await eventually(() => (expect(world.bob.received).toHaveLength(1), world.bob.received));
    expect(got?.attrs).toMatchObject({ id: 'A1', from: alice.jid, type: 'text' });
    expect(got?.attrs).not.toHaveProperty('to');
    expect(got?.content).toEqual([{ ...cipher(), content: Uint8Array.from(Buffer.from('c')) }]);
  });

  it('may be addressed per device', async () => {
    const to = (jid: string, text: string) => node('to', { jid }, [cipher(text)]);
    const participants = node('participants', {}, [
      to('4900000@s.whatsapp.net', 'no'),
      to(world.bob.jid, 'yes'),
    ]);
    client.send(message('A2', world.bob.jid, [participants, node('meta')]));
    await ackOf('A2');
    await eventually(() => expect(world.bob.received).toHaveLength(1));
    const parts = world.bob.received[0]?.content as Node[];
    expect(parts.map((each) => each.tag)).toEqual(['meta', 'enc']);
    expect(Buffer.from(parts[1]?.content as Uint8Array).toString()).toBe('yes');
  });

  it('sent again with the same id are handed over again where ids are not looked at', async () => {
    const own = await startWorld({ dedupesById: false });
    const sender = await (await own.device('a@partner.example')).connect();
    for (let i = 0; i < 2; i++) sender.send(message('A3'));
    await eventually(() => expect(own.bob.received).toHaveLength(2));
    expect(sender.all('ack')).toHaveLength(2);
    await sender.close();
    await own.stop();
  });

  it('sent again with the same id are acknowledged again and handed over once', async () => {
    client.send(message('A3'));
    client.send(message('A3'));
    await eventually(() => expect(client.all('ack')).toHaveLength(2));
    expect(world.bob.received).toHaveLength(1);
  });

  it('sent again after the user’s retry receipt are handed over again', async () => {
    const receipt = (type: string, id: string, listed?: string) =>
      world.deliver(alice, {
        tag: 'receipt',
        attrs: { id, from: world.bob.jid, type },
        ...(listed !== undefined && { content: [node('list', {}, [node('item', { id: listed })])] }),
      });
    for (const id of ['A6', 'A7']) client.send(message(id));
    await eventually(() => expect(world.bob.received).toHaveLength(2));
    receipt('read', 'A7');
    receipt('retry', 'A8', 'A6');
    await eventually(() => expect(client.all('receipt')).toHaveLength(2));
    for (const id of ['A6', 'A7', 'A6']) client.send(message(id));
    await eventually(() => expect(client.all('ack')).toHaveLength(5));
    expect(world.bob.received.map((each) => each.attrs['id'])).toEqual(['A6', 'A7', 'A6']);
  });

  it.each<[string, () => Node, string]>([
    ['an unknown user', () => message('B1', '4911111@s.whatsapp.net'), '404'],
    ['another account', () => message('B1', '12-1@interop'), '404'],
    ['a group', () => message('B1', '123456@g.us'), '404'],
    ['no ciphertext', () => message('B1', world.bob.jid, [node('enc', {}, 'text')]), '479'],
    ['ciphertexts for others only', () => message('B1', world.bob.jid, [node('participants')]), '479'],
    ['an id beyond the limit', () => message('B'.repeat(129)), '479'],
  ])('are refused: %s', async (_name, build, error) => {
    client.send(build());
    const ack = await client.waitFor((each) => each.tag === 'ack');
    expect(ack.attrs).toMatchObject({ class: 'message', error });
    expect(world.bob.received).toEqual([]);
  });

  it('do not suffer from a user that fails', async () => {
    world.bob.fails = true;
    client.send(message('A4'));
    await ackOf('A4');
    world.bob.fails = false;
    client.send(message('A5'));
    await eventually(() => expect(world.bob.received).toHaveLength(1));
    expect(world.simulator.control.server.records().counters.userFailures).toBe(1);
  });
});

describe('receipts and typing of an account', () => {
  it('reach the user; receipts are acknowledged, typing is not', async () => {
    client.send(node('receipt', { id: 'R1', to: world.bob.jid, type: 'read' }));
    client.send(node('chatstate', { to: world.bob.jid }, [node('composing')]));
    await eventually(() =>
      expect(world.bob.received.map((each) => each.tag)).toEqual(['receipt', 'chatstate']),
    );
    expect(world.bob.received[0]?.attrs).toMatchObject({ id: 'R1', from: alice.jid, type: 'read' });
    expect(client.all('ack').map((each) => each.attrs)).toEqual([
      { class: 'receipt', id: 'R1', from: world.bob.jid, type: 'read' },
    ]);
  });

  it('for nobody go nowhere', async () => {
    client.send(node('receipt', { id: 'R2', to: '4911111@s.whatsapp.net' }));
    client.send(node('chatstate', { to: 'junk' }));
    await ackOf('R2');
    expect((await client.query('w:p', 'get')).attrs['type']).toBe('result');
  });
});

describe('what comes from users', () => {
  it('is delivered with id, time and sender, as it was given otherwise', async () => {
    world.deliver(alice, {
      tag: 'message',
      attrs: { from: world.bob.jid, to: alice.jid },
      content: [cipher()],
    });
    const got = await client.waitFor((each) => each.tag === 'message');
    expect(got.attrs).toEqual({
      id: expect.stringMatching(/^[0-9A-F]{20}$/),
      t: expect.stringMatching(/^\d{10}$/),
      from: world.bob.jid,
      to: alice.jid,
    });
  });

  it('is held back while the account blocks the user', async () => {
    const set = (action: string) =>
      client.query('blocklist', 'set', [node('item', { jid: world.bob.jid, action })]);
    await set('block');
    world.fromBob(alice, 'blocked');
    await set('unblock');
    world.fromBob(alice, 'free');
    await client.waitFor((each) => each.attrs['id'] === 'free');
    expect(client.all('message')).toHaveLength(1);
  });
});
