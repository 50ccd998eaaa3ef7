import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@causeway/testing';
import type { ChatClient } from '../../fixtures/chat-client.js';
import type { Device } from '../../fixtures/device.js';
import { startWorld, type World } from '../../fixtures/world.js';
import type { Node } from '../../seam.js';
import { child, childBytes, childNumber, children, node, numberBytes } from '../stanzas.js';

let world: World;
let alice: Device;
let client: ChatClient;
let count = 0;

beforeAll(async () => {
  world = await startWorld({ limits: { preKeys: 1000, blocked: 2 } });
});
afterAll(() => world.stop());
beforeEach(async () => {
  alice = await world.device(`alice${++count}@partner.example`);
  client = await alice.connect();
});

const errorOf = (answer: Node) => child(answer, 'error')?.attrs['code'];
const preKey = (id: number) =>
  node('key', {}, [node('id', {}, numberBytes(id, 3)), node('value', {}, new Uint8Array(32).fill(id % 251))]);
const skey = (id: number, change: Partial<{ signature: Uint8Array }> = {}) => {
  const { key, signature } = { ...alice.newSignedPreKey(id), ...change };
  const parts = { id: numberBytes(id, 3), value: key, signature };
  return node(
    'skey',
    {},
    Object.entries(parts).map(([tag, bytes]) => node(tag, {}, bytes)),
  );
};
const uploadOf = (ids: number[], change: Record<string, Uint8Array> = {}) => [
  ...Object.entries({
    registration: numberBytes(alice.registrationId, 4),
    type: Uint8Array.of(5),
    identity: alice.identityKey,
    ...change,
  }).map(([tag, bytes]) => node(tag, {}, bytes)),
  node('list', {}, ids.map(preKey)),
  skey(2),
];
const range = (to: number) => Array.from({ length: to }, (_each, index) => index + 1);
const preKeyCount = async () =>
  child(await client.query('encrypt', 'get', [node('count')]), 'count')?.attrs['value'];
const bundle = () => world.simulator.switchboard.bundleOf(alice.jid);

describe('prekeys', () => {
  it('are uploaded in one batch of 812, counted, and handed out once each', async () => {
    expect(await preKeyCount()).toBe('0');
    expect((await client.query('encrypt', 'set', uploadOf(range(812)))).attrs['type']).toBe('result');
    expect(await preKeyCount()).toBe('812');
    const taken = range(20).map(() => bundle()?.preKey?.id);
    expect(new Set(taken).size).toBe(20);
    expect(await preKeyCount()).toBe('792');
    expect(bundle()).toMatchObject({
      registrationId: 4321,
      identityKey: alice.identityKey,
      signedPreKey: { id: 2 },
    });
  });

  it('that run low are announced once, and again after an upload', async () => {
    await client.query('encrypt', 'set', uploadOf(range(6)));
    const low = () => client.all('notification').map((each) => child(each, 'count')?.attrs['value']);
    bundle();
    await client.query('w:p', 'get');
    expect(low()).toEqual([]);
    for (let i = 0; i < 5; i += 1) bundle();
    await eventually(() => expect(low()).toEqual(['4']));
    expect(client.all('notification')[0]?.attrs).toMatchObject({ from: 's.whatsapp.net', type: 'encrypt' });
    expect(bundle()).not.toHaveProperty('preKey');
    await client.query('encrypt', 'set', uploadOf([7, 8, 9, 10, 11]));
    bundle();
    await eventually(() => expect(low()).toEqual(['4', '4']));
  });

  it.each<[string, () => Node[], string]>([
    ['another identity', () => uploadOf([1], { identity: new Uint8Array(32) }), '406'],
    ['another registration id', () => uploadOf([1], { registration: new Uint8Array(4) }), '406'],
    ['an identity of another length', () => uploadOf([1], { identity: new Uint8Array(33) }), '400'],
    ['another key type', () => uploadOf([1], { type: Uint8Array.of(6) }), '400'],
    ['id 0', () => uploadOf([0]), '400'],
    ['more than the pool takes', () => uploadOf(range(1001)), '406'],
    [
      'a wrong signature',
      () => [...uploadOf([1]).slice(0, 4), skey(3, { signature: new Uint8Array(64) })],
      '400',
    ],
    ['nothing', () => [], '400'],
  ])('are refused with: %s', async (_name, content, code) => {
    expect(errorOf(await client.query('encrypt', 'set', content()))).toBe(code);
    expect(await preKeyCount()).toBe('0');
  });

  it('are dropped when the identifier enlists again', async () => {
    await client.query('encrypt', 'set', uploadOf(range(9)));
    await world.device(alice.identifier);
    expect(bundle()).not.toHaveProperty('preKey');
  });

  it('can be compared by their digest', async () => {
    await client.query('encrypt', 'set', uploadOf([5, 3]));
    const digest = child(await client.query('encrypt', 'get', [node('digest')]), 'digest');
    const ids = children(child(digest, 'list'), 'id').map((each) =>
      Buffer.from(each.content as Uint8Array).readUIntBE(0, 3),
    );
    expect(ids).toEqual([5, 3]);
    const { signedPreKey } = bundle() ?? {};
    const parts = [alice.identityKey, signedPreKey?.key, signedPreKey?.signature];
    const hash = createHash('sha1');
    for (const part of parts) hash.update(part ?? new Uint8Array());
    for (const id of ids) hash.update(new Uint8Array(32).fill(id));
    expect(Buffer.from(childBytes(digest, 'hash', 20) ?? []).toString('hex')).toBe(hash.digest('hex'));
  });

  it('have a signed one that is rotated', async () => {
    expect((await client.query('encrypt', 'set', [node('rotate', {}, [skey(8)])])).attrs['type']).toBe(
      'result',
    );
    expect(bundle()?.signedPreKey.id).toBe(8);
    const bad = skey(9, { signature: new Uint8Array(64) });
    expect(errorOf(await client.query('encrypt', 'set', [node('rotate', {}, [bad])]))).toBe('400');
    expect(bundle()?.signedPreKey.id).toBe(8);
  });
});

describe("users' keys and devices", () => {
  const users = (...jids: string[]) => jids.map((jid) => node('user', { jid }));

  it('are fetched, with an error for each unknown user', async () => {
    const wanted = users(world.bob.jid, '4900000@s.whatsapp.net', 'junk');
    const answer = await client.query('encrypt', 'get', [node('key', {}, wanted)]);
    const [bob, nobody, junk] = children(child(answer, 'list'), 'user');
    expect(bob?.attrs).toEqual({ jid: world.bob.jid });
    expect(childNumber(bob, 'registration', 4)).toBe(77);
    expect(childBytes(bob, 'type', 1)?.[0]).toBe(5);
    expect(childBytes(bob, 'identity', 32)?.[0]).toBe(1);
    expect(childNumber(child(bob, 'key'), 'id', 3)).toBe(1);
    expect(childBytes(child(bob, 'skey'), 'signature', 64)?.[0]).toBe(3);
    for (const user of [nobody, junk]) expect(child(user, 'error')?.attrs['code']).toBe('404');
    const none = await client.query('encrypt', 'get', [node('key')]);
    const many = await client.query('encrypt', 'get', [
      node('key', {}, users(...Array<string>(257).fill('1@lid'))),
    ]);
    expect([errorOf(none), errorOf(many)]).toEqual(['400', '400']);
  });

  it('are listed: device 0 alone', async () => {
    const query = node('query', {}, [node('devices', { version: '2' })]);
    const list = node('list', {}, users(world.bob.jid, '4900000@s.whatsapp.net'));
    const usync = node('usync', { sid: 's1', mode: 'query', last: 'true', index: '0' }, [query, list]);
    const answer = child(await client.query('usync', 'get', [usync]), 'usync');
    expect(answer?.attrs['sid']).toBe('s1');
    const [bob, nobody] = children(child(answer, 'list'), 'user').map((each) => child(each, 'devices'));
    expect(child(bob, 'device-list')?.content).toEqual([node('device', { id: '0' })]);
    expect(child(nobody, 'error')?.attrs['code']).toBe('404');
    expect(errorOf(await client.query('usync', 'get', [node('usync')]))).toBe('400');
  });

  it('tell of a new identity those who talked to the user, also later', async () => {
    const stranger = await (await world.device(`stranger${count}@partner.example`)).connect();
    await client.query('encrypt', 'get', [node('key', {}, users(world.bob.jid))]);
    await client.close();
    world.simulator.switchboard.onIdentityChange(world.bob.jid);
    const again = await alice.connect();
    const notice = await again.waitFor((each) => each.tag === 'notification');
    expect(notice.attrs).toMatchObject({ type: 'encrypt', from: world.bob.jid });
    expect(child(notice, 'identity')).toBeDefined();
    await stranger.query('w:p', 'get');
    expect(stranger.all('notification')).toEqual([]);
  });
});

describe('other queries', () => {
  it('keep a block list, bounded', async () => {
    const set = (jid: string, action: string) =>
      client.query('blocklist', 'set', [node('item', { jid, action })]);
    const jids = ['4900001@s.whatsapp.net', '4900002@s.whatsapp.net'] as const;
    await set(jids[1], 'block');
    await set(jids[0], 'block');
    expect(errorOf(await set('4900003@s.whatsapp.net', 'block'))).toBe('406');
    expect(errorOf(await set('junk', 'block'))).toBe('400');
    expect(errorOf(await set(jids[0], 'other'))).toBe('400');
    const list = child(await client.query('blocklist', 'get'), 'list');
    expect(children(list).map((each) => each.attrs['jid'])).toEqual(jids);
    const shorter = child(await set(jids[0], 'unblock'), 'list');
    expect(shorter?.attrs['dhash']).not.toBe(list?.attrs['dhash']);
  });

  it('delete the account: confirmed, closed, unknown', async () => {
    expect((await client.query('w:interop', 'set', [node('remove')])).attrs['type']).toBe('result');
    await client.waitClosed();
    expect((await alice.login()).answer.attrs).toEqual({ reason: '415' });
    expect(world.deliver(alice, node('message', { from: world.bob.jid }))).toBe('unknown-account');
    expect(bundle()).toBeUndefined();
    expect(world.simulator.switchboard.resolve(alice.identifier)).toBeUndefined();
  });

  it('do not delete it by anything else', async () => {
    expect(errorOf(await client.query('w:interop', 'get', [node('remove')]))).toBe('400');
    expect(errorOf(await client.query('w:interop', 'set', [node('other')]))).toBe('400');
    expect(world.simulator.switchboard.resolve(alice.identifier)).toBe(alice.jid);
  });
});
