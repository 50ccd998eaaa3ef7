import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, FakeClock } from '@causeway/testing';
import type { ChatClient } from '../fixtures/chat-client.js';
import type { Device } from '../fixtures/device.js';
import { startWorld, type World } from '../fixtures/world.js';
import type { Node } from '../seam.js';
import { child, node } from './stanzas.js';

const day = 86_400_000;
let world: World;
let clock: FakeClock;
let alice: Device;
let count = 0;

beforeAll(async () => {
  clock = new FakeClock(Date.now());
  world = await startWorld({ clock, limits: { queuedStanzas: 30 } });
});
afterAll(() => world.stop());
beforeEach(async () => {
  alice = await world.device(`alice${++count}@partner.example`);
});

const ids = (stanzas: Node[]) => stanzas.map((each) => each.attrs['id']);
const names = (...numbers: number[]) => numbers.map((each) => `m${each}`);
const queueUp = (from: number, to: number) => {
  for (let i = from; i <= to; i += 1) world.fromBob(alice, `m${i}`);
};
const queued = () =>
  world.simulator.control.server.accounts().find((each) => each.jid === alice.jid)?.queued ?? 'no account';
const messages = (client: ChatClient, wanted: string[]) =>
  eventually(() => expect(ids(client.all('message'))).toEqual(wanted));
/** An answered ping: everything the server sent before has arrived. */
const settle = (client: ChatClient) => client.query('w:p', 'get');

describe('backlog', () => {
  it('of nothing has only its end', async () => {
    const { client } = await alice.login();
    await client.query('passive', 'set', [node('active')]);
    await settle(client);
    expect(client.all('ib').map((each) => each.content)).toEqual([[node('offline', { count: '0' })]]);
    await client.close();
  });

  it('comes by preview, primer of five and batches that are pulled; live stanzas wait behind it', async () => {
    queueUp(1, 12);
    world.deliver(alice, { tag: 'receipt', attrs: { id: 'r1', from: world.bob.jid } });
    const { client } = await alice.login();
    await settle(client);
    expect(client.all('message')).toEqual([]);
    await client.query('passive', 'set', [node('active')]);
    await messages(client, names(1, 2, 3, 4, 5));
    const counts = { count: '13', message: '12', receipt: '1', notification: '0', appdata: '0' };
    expect(client.all('ib')[0]?.content).toEqual([node('offline_preview', counts)]);
    world.fromBob(alice, 'live');
    await settle(client);
    expect(client.all('message')).toHaveLength(5);
    client.pull(4);
    await messages(client, names(1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect(client.stanzas.some((each) => child(each, 'offline'))).toBe(false);
    client.pull(100);
    await messages(client, [...names(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 'live']);
    const order = client.stanzas.map((each) => (each.tag === 'ib' ? 'ib' : each.attrs['id']));
    expect(order.slice(-4)).toEqual(['m12', 'r1', 'ib', 'live']);
    expect(client.all('message').at(-1)?.attrs).not.toHaveProperty('offline');
    expect(client.all('message')[0]?.attrs).toMatchObject({
      from: world.bob.jid,
      offline: '0',
      type: 'text',
    });
    await client.close();
  });

  it('starts at once for a login that is not passive', async () => {
    queueUp(1, 1);
    const token = Buffer.from(await world.partner.token(alice.identifier, clock.now()));
    const payload = { passive: false, product: 2, interopData: { accountID: alice.number, token } };
    const { client } = await alice.login({ payload });
    await messages(client, names(1));
    await client.close();
  });
});

describe('delivery', () => {
  it('comes again until acknowledged: by ack, by ack with error, by any receipt, by a receipt with a list', async () => {
    queueUp(1, 6);
    const first = await alice.connect();
    await messages(first, names(1, 2, 3, 4, 5, 6));
    first.send(node('ack', { class: 'message', id: 'm1', to: world.bob.jid }));
    first.send(node('ack', { class: 'message', id: 'm2', to: world.bob.jid, error: '491' }));
    first.send(node('receipt', { id: 'm3', to: world.bob.jid, type: 'retry' }));
    const list = node('list', {}, [node('item', { id: 'm5' })]);
    first.send(node('receipt', { id: 'm4', to: world.bob.jid }, [list]));
    await eventually(() => expect(queued()).toBe(1));
    await first.close();
    const second = await alice.connect();
    await messages(second, names(6));
    await second.close();
    expect(world.simulator.control.server.records().counters.settledWithError).toBe(1);
  });

  it('ends with a lone ack when a stanza is not settled in time, and the next login gets it again', async () => {
    const own = await startWorld({ clock, limits: { settleMs: 60_000, idleMs: 1 << 30 } });
    const carol = await own.device('carol@partner.example');
    own.fromBob(carol, 'settled');
    own.fromBob(carol, 'left');
    const client = await carol.connect();
    await messages(client, ['settled', 'left']);
    client.send(node('ack', { class: 'message', id: 'settled', to: own.bob.jid }));
    await settle(client);
    await clock.advance(60_000);
    const error = await client.waitFor((each) => each.tag === 'stream:error');
    expect(error.content).toEqual([{ tag: 'ack', attrs: {} }]);
    await client.waitClosed();
    const next = await carol.connect();
    await messages(next, ['left']);
    client.acknowledge(next.all('message')[0] as Node);
    await next.close();
    expect(own.simulator.control.server.records().counters.closedForUnsettled).toBe(1);
    await own.stop();
  });

  it('of receipts and notifications is settled by their ack', async () => {
    world.deliver(alice, { tag: 'receipt', attrs: { id: 'x', from: world.bob.jid, type: 'read' } });
    const client = await alice.connect();
    client.acknowledge(await client.waitFor((each) => each.tag === 'receipt'));
    await eventually(() => expect(queued()).toBe(0));
    await client.close();
  });

  it('of typing goes to a live connection only and is never kept', async () => {
    const typing = { tag: 'chatstate', attrs: { from: world.bob.jid }, content: [node('composing')] };
    world.deliver(alice, typing);
    expect(queued()).toBe(0);
    const { client } = await alice.login();
    world.deliver(alice, typing);
    await client.goLive();
    expect(client.all('chatstate')).toEqual([]);
    world.deliver(alice, typing);
    await client.waitFor((each) => each.tag === 'chatstate');
    await client.close();
  });

  it('to an account that is not there is refused', async () => {
    for (const jid of ['12-9999@interop', '13-1@interop', 'junk', '']) {
      expect(world.simulator.switchboard.deliver(jid, node('message'))).toBe('unknown-account');
    }
  });

  it('is refused at the bound of the queue', () => {
    queueUp(1, 30);
    expect(() => queueUp(31, 31)).toThrow(expect.objectContaining({ code: 'queue_full' }));
  });

  it('expires after thirty days, when the account came by meanwhile', async () => {
    queueUp(1, 1);
    await clock.advance(29 * day);
    await (await alice.login()).client.close();
    queueUp(2, 2);
    await clock.advance(day);
    const client = await alice.connect();
    await messages(client, names(2));
    await client.close();
  });

  it('ends with the account after thirty days of absence', async () => {
    await clock.advance(30 * day);
    expect(world.deliver(alice, node('message'))).toBe('unknown-account');
    expect((await alice.login()).answer.attrs).toEqual({ reason: '415' });
    const again = await world.device(alice.identifier);
    expect((await again.login()).answer.tag).toBe('success');
  });
});
