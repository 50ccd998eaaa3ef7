import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@causeway/testing';
import { node } from '../chat/stanzas.js';
import type { ChatClient } from '../fixtures/chat-client.js';
import type { Device } from '../fixtures/device.js';
import { startWorld, type World } from '../fixtures/world.js';
import { controlOpenApi } from './openapi.js';

let world: World;
let alice: Device;
let client: ChatClient;
let count = 0;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  alice = await world.device(`alice${++count}@partner.example`);
  client = await alice.connect();
});

const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
  const reply = await fetch(`${world.simulator.endpoints.control}${path}`, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
  };
};
const account = () => `/accounts/${encodeURIComponent(alice.jid)}`;
const order = (faults: object) => call('POST', `${account()}/faults`, faults);
const ids = () => client.all('message').map((each) => each.attrs['id']);

describe('control API', () => {
  it('lists accounts', async () => {
    world.fromBob(alice, 'm1');
    await client.waitFor((each) => each.tag === 'message');
    const { accounts } = (await call('GET', '/accounts')).body as { accounts: { jid: string }[] };
    expect(accounts.find((each) => each.jid === alice.jid)).toEqual({
      jid: alice.jid,
      identifier: alice.identifier,
      connected: true,
      queued: 1,
      preKeys: 0,
      preKeysRepeated: 0,
      signedPreKeyId: 1,
      blocked: 0,
      lastSeen: expect.any(Number),
    });
  });

  it.each(['replaced', 'clean', 'abrupt'])('ends a connection: %s', async (how) => {
    expect((await call('POST', `${account()}/disconnect`, { how })).status).toBe(204);
    await client.waitClosed();
    const last = client.stanzas.filter((each) => each.tag.startsWith('stream') || each.tag.startsWith('xml'));
    const goodbyes = { replaced: ['stream:error', 'xmlstreamend'], clean: ['xmlstreamend'], abrupt: [] };
    expect(last.map((each) => each.tag)).toEqual(goodbyes[how as keyof typeof goodbyes]);
    expect((await call('POST', `${account()}/disconnect`, { how })).body).toEqual({ code: 'not_connected' });
  });

  it('duplicates, reorders and delays deliveries; nothing is lost by it', async () => {
    await order({ duplicateNext: 1 });
    world.fromBob(alice, 'm1');
    world.fromBob(alice, 'm2');
    await eventually(() => expect(ids()).toEqual(['m1', 'm1', 'm2']));
    await order({ reorderNext: 1 });
    for (const id of ['m3', 'm4', 'm5']) world.fromBob(alice, id);
    await eventually(() => expect(ids().slice(3)).toEqual(['m4', 'm3', 'm5']));
    await order({ delayMs: 150 });
    const before = performance.now();
    world.fromBob(alice, 'm6');
    await client.waitFor((each) => each.attrs['id'] === 'm6');
    expect(performance.now() - before).toBeGreaterThan(140);
    await order({ delayMs: 0 });
  });

  it('sends one half of a pair alone when the other does not come', async () => {
    await order({ reorderNext: 1 });
    world.fromBob(alice, 'm1');
    await client.waitFor((each) => each.attrs['id'] === 'm1');
  });

  it('delivers again what was held when the connection ended', async () => {
    await order({ reorderNext: 1 });
    world.fromBob(alice, 'm1');
    await call('POST', `${account()}/disconnect`, { how: 'abrupt' });
    await client.waitClosed();
    client = await alice.connect();
    await eventually(() => expect(ids()).toEqual(['m1']));
  });

  it('holds acknowledgements back and lets them go', async () => {
    await order({ pauseAcks: true });
    const content = [node('enc', { v: '2', type: 'msg' }, Uint8Array.of(1))];
    client.send(node('message', { id: 'M1', to: world.bob.jid, type: 'text' }, content));
    await eventually(() => expect(world.bob.received.some((each) => each.attrs['id'] === 'M1')).toBe(true));
    await client.query('w:p', 'get');
    expect(client.all('ack')).toEqual([]);
    await order({ pauseAcks: false });
    await client.waitFor((each) => each.tag === 'ack');
  });

  it('sends a push call on demand, by the identifier too', async () => {
    const path = `/accounts/${encodeURIComponent(alice.identifier)}/push`;
    expect((await call('POST', path)).body).toMatchObject({ account: alice.jid, outcome: 200 });
    const { pushes, counters } = (await call('GET', '/records')).body as {
      pushes: object[];
      counters: object;
    };
    expect(pushes).toContainEqual(expect.objectContaining({ account: alice.jid, outcome: 200 }));
    expect(counters).toMatchObject({ logins: expect.any(Number) });
  });

  it.each([
    ['an unknown account', () => call('POST', '/accounts/nobody/push'), 404],
    ['a fault of another type', () => order({ delayMs: 'long' }), 400],
    ['no fault', () => order({}), 400],
    ['a wait beyond the limit', () => order({ delayMs: 600_001 }), 400],
    ['another way to disconnect', () => call('POST', `${account()}/disconnect`, { how: 'softly' }), 400],
  ])('refuses %s', async (_name, attempt, status) => {
    expect((await attempt()).status).toBe(status);
  });

  it('turns away a browser page of another origin', async () => {
    expect((await call('GET', '/accounts', undefined, { origin: 'https://evil.example' })).status).toBe(403);
  });

  it('describes itself', async () => {
    expect((await call('GET', '/openapi.json')).body).toEqual(JSON.parse(JSON.stringify(controlOpenApi)));
  });
});
