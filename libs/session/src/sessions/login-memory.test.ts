import { fileURLToPath } from 'node:url';
import { DeviceId, GatekeeperId, sessionKeyOf } from '@causeway/contracts/ids';
import { generateStaticKey } from '@causeway/noise';
import { loadProfile, resolveProfile } from '@causeway/profiles';
import { captureLogs, collectGarbage, FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { GatekeeperLinks } from '../links/gatekeeper-links.js';
import { UpstreamSession } from './upstream-session.js';

const template = fileURLToPath(new URL('../../../../deploy/profiles/simulator.yaml', import.meta.url));
const elsewhere = 'https://provider.example';
const token = { token: 't', expiresAt: 0, accountNumber: '42', integrator: 7, readReceipts: true };

let world: SessionWorld;

beforeEach(() => {
  world = new SessionWorld(new FakeClock(), captureLogs().logger);
});

/** Frees what nothing holds. What a weak reference was asked for is held until the end of the turn. */
async function collected(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
}

describe('an open session', () => {
  it('holds nothing of the token that it logged in with', async () => {
    const held: WeakRef<object>[] = [];
    const get = async () => {
      const fresh = { ...token };
      held.push(new WeakRef(fresh));
      return fresh;
    };
    const session = new UpstreamSession(world.open(), { ...world.deps, tokens: { get } }, () => undefined);
    void session.start();
    await (world.clock as FakeClock).advance(0);
    expect(session.state).toBe('open');
    await collected();
    expect(held.map((one) => one.deref())).toEqual([undefined]);
    expect(session.state).toBe('open');
  });
});

describe('a link', () => {
  it('whose login is over holds neither its key nor its token', async () => {
    const held: WeakRef<object>[] = [];
    const tracked = <T extends object>(made: T): T => {
      held.push(new WeakRef(made));
      return made;
    };
    const key = { open: async () => tracked(generateStaticKey().key) };
    const url = 'ws://127.0.0.1:1/';
    const profile = resolveProfile(await loadProfile(template), {
      wire: { url, rootPublicKey: '00'.repeat(32) },
      enlistment: { url: `${elsewhere}/accounts` },
      token: { issuer: elsewhere, audience: 'gatekeeper' },
      push: { jwksUrl: `${elsewhere}/jwks`, audience: elsewhere },
      media: { downloadBase: elsewhere, downloadHosts: ['provider.example'] },
      egress: { hosts: ['127.0.0.1:1', 'provider.example'], allowPrivateAddresses: true },
    });
    const gatekeeper = GatekeeperId.parse('simulator');
    const links = new GatekeeperLinks(
      new Map([[gatekeeper, profile]]),
      { sealed: key, device: key },
      { ca: () => undefined, addressOf: async () => undefined },
      world.clock,
      captureLogs().logger,
    );
    const deviceId = DeviceId.parse('22222222-2222-4222-8222-222222222222');
    const sessionKey = sessionKeyOf(deviceId, gatekeeper);
    const link = await links.create({ sessionKey, epoch: 1, token: tracked({ ...token }), reason: 'user' });
    await expect(link.connect()).rejects.toMatchObject({ end: { code: 'connect_failed' } });
    await collected();
    expect(held.map((one) => one.deref())).toEqual([undefined, undefined]);
    await link.close();
  });
});
