import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startWorld } from './fixtures/world.js';
import { startSimulator } from './simulator.js';

const partner = { jwksUrl: '', issuer: '', audience: '', pushBase: '', mediaBase: '' };

describe('simulator', () => {
  it.each([
    ['in production', { environment: { NODE_ENV: 'production' } }, 'production'],
    ['off loopback', { host: '0.0.0.0' }, 'not_loopback'],
    ['on an address that only looks like loopback', { host: '127.0.0.1.example.org' }, 'not_loopback'],
    ['without an integrator id', { integrator: 0 }, 'invalid_option'],
    ['with a short root key', { rootKey: new Uint8Array(31) }, 'invalid_option'],
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
});
