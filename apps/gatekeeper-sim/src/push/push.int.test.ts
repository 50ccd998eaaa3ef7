import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@causeway/testing';
import type { Device } from '../fixtures/device.js';
import { startWorld, type World } from '../fixtures/world.js';
import { node } from '../chat/stanzas.js';

let world: World;
let alice: Device;
let count = 0;

beforeAll(async () => {
  world = await startWorld({ limits: { outboundTimeoutMs: 1500, records: 5 } });
});
afterAll(() => world.stop());
beforeEach(async () => {
  world.partner.pushes.length = 0;
  world.partner.pushStatus = 200;
  alice = await world.device(`alice${++count}@partner.example`);
});

const records = () =>
  world.simulator.control.server.records().pushes.filter((each) => each.account === alice.jid);
const pushes = (wanted: number) => eventually(() => expect(world.partner.pushes).toHaveLength(wanted));

describe('push calls', () => {
  it('name the user and carry a token that the published keys verify', async () => {
    world.fromBob(alice, 'm1');
    await pushes(1);
    const [push] = world.partner.pushes;
    expect(push?.body).toEqual({ to: alice.identifier });
    const keys = createRemoteJWKSet(new URL(world.simulator.endpoints.jwks));
    const { payload, protectedHeader } = await jwtVerify(
      push?.authorization.replace('Bearer ', '') ?? '',
      keys,
      {
        issuer: 'WHATSAPP',
        audience: world.partner.base,
      },
    );
    expect(protectedHeader).toEqual({ alg: 'RS256', kid: expect.any(String), typ: 'JWT' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss']);
  });

  it('go out once per offline period', async () => {
    world.fromBob(alice, 'm1');
    world.fromBob(alice, 'm2');
    await eventually(() => expect(records()).toHaveLength(1));
    const client = await alice.connect();
    world.fromBob(alice, 'm3');
    await client.waitFor((each) => each.attrs['id'] === 'm3');
    await client.close();
    await eventually(() =>
      expect(world.simulator.control.server.accounts().every((each) => !each.connected)).toBe(true),
    );
    world.fromBob(alice, 'm4');
    world.fromBob(alice, 'm5');
    await eventually(() => expect(records()).toHaveLength(2));
    expect(world.partner.pushes).toHaveLength(2);
  });

  it('do not go out for typing', async () => {
    world.deliver(alice, node('chatstate', { from: world.bob.jid }, [node('composing')]));
    world.fromBob(alice, 'm1');
    await eventually(() => expect(records()).toHaveLength(1));
    expect(world.partner.pushes).toHaveLength(1);
  });

  it('are recorded with their outcome and not repeated, also when nobody answers', async () => {
    world.partner.pushStatus = 503;
    world.fromBob(alice, 'm1');
    await eventually(() => expect(records().map((each) => each.outcome)).toEqual([503]));
    world.fromBob(alice, 'm2');
    const silent = await world.device(`silent${count}@partner.example`);
    world.partner.silent = true;
    expect(await world.simulator.control.server.push(silent.jid)).toMatchObject({ outcome: 'failed' });
    world.partner.silent = false;
    expect(world.partner.pushes).toHaveLength(1);
  });

  it('are remembered up to a bound', async () => {
    for (let i = 0; i < 8; i += 1) await world.simulator.control.server.push(alice.jid);
    expect(world.simulator.control.server.records().pushes).toHaveLength(5);
  });
});
