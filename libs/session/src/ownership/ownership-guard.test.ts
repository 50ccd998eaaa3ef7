import { parseAddress } from '@causeway/jid';
import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { stanza } from '@causeway/xml';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { UpstreamSession } from '../sessions/upstream-session.js';

const bob = parseAddress('4915550002@s.whatsapp.net');
let clock: FakeClock;
let world: SessionWorld;
let session: UpstreamSession;

const settle = () => clock.advance(0);
const call = (id: string) => stanza('call', { id, from: bob });
const ids = () => world.link.sent.map(({ attrs }) => attrs['id']);

function start(): void {
  session = new UpstreamSession(world.open(), world.deps, () => undefined);
  void session.start();
}

beforeEach(() => {
  clock = new FakeClock();
  world = new SessionWorld(clock, captureLogs().logger);
});

describe('a pod that cannot be sure of its partitions', () => {
  it('begins no login before it is sure', async () => {
    world.isSure = false;
    start();
    await clock.advance(10_000);
    expect([world.links.length, world.tokenPurposes.length]).toEqual([0, 0]);
    world.isSure = true;
    await clock.advance(200);
    expect(session.state).toBe('open');
  });

  it('sends no stanza, and afterwards all in their order', async () => {
    start();
    await settle();
    world.isSure = false;
    for (const id of ['A', 'B', 'C']) void world.link.deliver(call(id));
    await clock.advance(10_000);
    expect(ids()).toEqual([]);
    world.isSure = true;
    await clock.advance(200);
    expect(ids()).toEqual(['A', 'B', 'C']);
    expect(world.links).toHaveLength(1);
  });

  it('gives the connection up when that lasts, and sends nothing of it', async () => {
    start();
    await settle();
    const { link } = world;
    world.isSure = false;
    void link.deliver(call('A'));
    await clock.advance(limits.ownershipDoubtMs.value + 200);
    expect(link.closed).toBe(true);
    expect(link.sent).toEqual([]);
    expect(world.last('closed')).toMatchObject({ code: 'ownership_unsure', final: false });
    await clock.advance(60_000);
    expect(world.links).toHaveLength(1);
  });

  it('closes a session whose partition has gone meanwhile without a stanza', async () => {
    start();
    await settle();
    world.isSure = false;
    void world.link.deliver(call('A'));
    await clock.advance(1_000);
    session.close('partition_lost');
    await clock.advance(1_000);
    world.isSure = true;
    await clock.advance(20_000);
    expect(session.state).toBe('closed');
    expect(world.link.sent).toEqual([]);
  });
});
