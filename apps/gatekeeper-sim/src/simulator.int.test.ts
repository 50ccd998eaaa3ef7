import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { x25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { eventually } from '@causeway/testing';
import { child, node } from './chat/stanzas.js';
import { Device } from './fixtures/device.js';
import { startWorld } from './fixtures/world.js';
import type { KnownAccount } from './options.js';
import { startSimulator } from './simulator.js';

const partner = { jwksUrl: '', issuer: '', audience: '', pushBase: '', mediaBase: '' };

/** An account of an earlier life, with the keys of a device where it is to log in. */
function known(identifier: string, device?: Device): KnownAccount {
  const zero = new Uint8Array(32);
  return {
    identifier,
    keys: {
      authKey: device === undefined ? zero : x25519.getPublicKey(device.staticSecret),
      registrationId: device?.registrationId ?? 0,
      identityKey: device?.identityKey ?? zero,
      signedPreKey: device?.signedPreKey ?? { id: 1, key: zero, signature: new Uint8Array(64) },
    },
  };
}

describe('simulator', () => {
  it.each([
    ['in production', { environment: { NODE_ENV: 'production' } }, 'production'],
    ['off loopback', { host: '0.0.0.0' }, 'not_loopback'],
    ['on an address that only looks like loopback', { host: '127.0.0.1.example.org' }, 'not_loopback'],
    ['without an integrator id', { integrator: 0 }, 'invalid_option'],
    ['with a short root key', { rootKey: new Uint8Array(31) }, 'invalid_option'],
    [
      'with more accounts than it takes',
      { accounts: [known('a'), known('b')], limits: { accounts: 1 } },
      'invalid_option',
    ],
  ])('does not start %s', async (_name, options, code) => {
    await expect(startSimulator({ integrator: 12, partner, ...options })).rejects.toMatchObject({ code });
  });

  it('leaves nothing open when a port cannot be had', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port: http } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const start = () => startSimulator({ integrator: 12, partner, ports: { http, chat: port } });
    await expect(start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => taken.close(resolve));
    const simulator = await start();
    expect(simulator.endpoints.enlistment).toBe(`http://127.0.0.1:${http}/3p/interop_reg`);
    expect(simulator.endpoints.chat).toBe(`ws://127.0.0.1:${port}/ws/chat`);
    await simulator.stop();
  });

  it('keeps its public key for a root key that is given, and stops with clients connected', async () => {
    const rootKey = new Uint8Array(32).fill(7);
    const keys = [];
    for (let i = 0; i < 2; i += 1) {
      const world = await startWorld({ rootKey });
      keys.push(world.simulator.rootPublicKey);
      const client = await (await world.device('alice@partner.example')).connect();
      await world.stop();
      await client.waitClosed();
    }
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(keys[0]).toBe(keys[1]);
  });

  it('knows the accounts again that it is started with', async () => {
    const before = await startWorld();
    const [first, second] = [
      await before.device('first@partner.example'),
      await before.device('second@partner.example'),
    ];
    await before.stop();
    const accounts = [known(first.identifier, first), known(second.identifier, second)];
    const after = await startWorld({ accounts });
    const again = Object.assign(new Device(second.identifier, after.partner, after.simulator), {
      staticSecret: second.staticSecret,
      jid: second.jid,
    });
    const client = await again.connect();
    after.fromBob(again, 'M1');
    expect((await client.waitFor(({ tag }) => tag === 'message')).attrs['id']).toBe('M1');
    await after.stop();
    await client.waitClosed();
  });

  it('lets one of its own users and an account reach each other', async () => {
    const world = await startWorld();
    const alice = await world.device('alice@partner.example');
    const client = await alice.connect();
    const control = async (method: string, path: string, body?: object) => {
      const headers = { 'content-type': 'application/json' };
      const init = body ? { method, headers, body: JSON.stringify(body) } : { method };
      return (await fetch(`${world.simulator.endpoints.control}${path}`, init)).json() as Promise<
        Record<string, unknown>
      >;
    };
    await control('POST', '/users', { number: '4915770001' });
    const send = { to: alice.identifier, kind: 'text', text: 'hello' };
    const { id } = await control('POST', '/users/4915770001/send', send);
    const message = await client.waitFor((each) => each.tag === 'message');
    expect(message.attrs).toMatchObject({ id, from: '4915770001@s.whatsapp.net' });
    expect(child(message, 'enc')?.attrs).toMatchObject({ v: '2', type: 'pkmsg' });
    client.send(node('receipt', { id: String(id), to: '4915770001@s.whatsapp.net' }));
    client.send(node('chatstate', { to: '4915770001@s.whatsapp.net' }, [node('composing')]));
    await eventually(async () => {
      const { receipts } = await control('GET', '/users/4915770001/receipts');
      expect(receipts).toEqual([expect.objectContaining({ id, deliveredAt: expect.any(Number) })]);
      const { typing } = await control('GET', '/users/4915770001/received');
      expect(typing).toEqual([expect.objectContaining({ from: alice.jid, state: 'composing' })]);
    });
    await world.stop();
  });
});
