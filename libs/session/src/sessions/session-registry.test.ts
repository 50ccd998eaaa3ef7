import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { sessionKeyNumber, SessionWorld } from '../fixtures/session-world.js';
import type { Command } from './ports.js';
import { SessionRegistry } from './session-registry.js';

let clock: FakeClock;
let world: SessionWorld;
let registry: SessionRegistry;

const settle = () => clock.advance(0);
const { sessionKey, gatekeeper } = new SessionWorld(new FakeClock(), captureLogs().logger).open();
const close = (epoch: number): Command => ({
  type: 'close',
  sessionKey,
  gatekeeper,
  epoch,
  code: 'device_gone',
});
const command = (epoch: number, id = 'A'): Command => ({
  type: 'message.send',
  sessionKey,
  gatekeeper,
  epoch,
  deadline: clock.now() + 1_000,
  id,
  body: { sealed: 'AAAA' },
});

beforeEach(() => {
  clock = new FakeClock();
  world = new SessionWorld(clock, captureLogs().logger);
  registry = new SessionRegistry(world.deps);
});

async function open(epoch: number, partition = 1): Promise<void> {
  registry.dispatch(world.open({ epoch }), partition);
  await settle();
}

describe('SessionRegistry', () => {
  it('lets a later connection of the device supersede the older, which ends before the newer logs in', async () => {
    await open(5);
    const old = world.link;
    let closedBefore: boolean | undefined;
    world.prepare = () => (closedBefore = old.closed);
    await open(6);
    expect(closedBefore).toBe(true);
    expect([registry.size, world.links.length, world.link.closed]).toEqual([1, 2, false]);
  });

  it.each([
    ['repeated', 5],
    ['older', 4],
  ])('passes over an `open` that is %s', async (_what, epoch) => {
    await open(5);
    await open(epoch);
    expect(world.links).toHaveLength(1);
    expect(world.link.closed).toBe(false);
  });

  it('opens one session for many that followed each other at once', async () => {
    const connected = Promise.withResolvers<void>();
    world.prepare = (link) => (link.connecting = () => connected.promise);
    for (let epoch = 5; epoch < 50; epoch += 1) registry.dispatch(world.open({ epoch }), 1);
    connected.resolve();
    await settle();
    expect(world.links.length).toBeLessThanOrEqual(2);
    expect(world.last('opened')).toMatchObject({ epoch: 49 });
    expect(registry.size).toBe(1);
  });

  it('ignores the close of an older connection, and obeys that of this one', async () => {
    await open(5);
    registry.dispatch(close(4), 1);
    await settle();
    expect(registry.size).toBe(1);
    registry.dispatch(close(5), 1);
    await settle();
    expect(registry.size).toBe(0);
    expect(world.link.closed).toBe(true);
  });

  it('refuses commands of a session that it does not have, or of another connection', async () => {
    registry.dispatch(command(5, 'A'), 1);
    await open(5);
    registry.dispatch(command(4, 'B'), 1);
    registry.dispatch({ ...close(5), type: 'ack', refs: [1], stage: 'stored', code: undefined } as never, 1);
    await settle();
    const refused = world.downstream.filter(({ type }) => type === 'refused');
    expect(refused).toMatchObject([
      { id: 'A', epoch: 5, code: 'not_connected', retryable: true },
      { id: 'B', epoch: 4, code: 'not_connected', retryable: true },
    ]);
  });

  it('when full refuses further sessions, and still lets those that it has connect anew', async () => {
    const never = new Promise<never>(() => undefined);
    world.minting = () => never;
    const full = limits.upstreamSessionsPerPod.value;
    for (let number = 0; number < full; number += 1) {
      registry.open(world.open({ sessionKey: sessionKeyNumber(number) }), 1);
    }
    registry.open(world.open({ sessionKey: sessionKeyNumber(full) }), 1);
    await settle();
    expect(registry.size).toBe(full);
    expect(world.downstream).toMatchObject([
      { type: 'closed', sessionKey: sessionKeyNumber(full), code: 'session_limit_reached', final: false },
    ]);
    registry.open(world.open({ sessionKey: sessionKeyNumber(0), epoch: 6 }), 1);
    expect(world.downstream).toHaveLength(1);
  });

  it('closes those of some partitions, and resolves when their connections have ended', async () => {
    const closing = Promise.withResolvers<void>();
    world.prepare = (link) => {
      const end = link.close.bind(link);
      link.close = async () => closing.promise.then(end);
    };
    await open(5, 1);
    registry.open(world.open({ sessionKey: sessionKeyNumber(7) }), 2);
    await settle();
    let closed = false;
    const all = registry
      .closeAll('partition_lost', (partition) => partition === 1)
      .then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    closing.resolve();
    await all;
    expect(registry.inPartition(1)).toEqual([]);
    expect([...registry.partitions()]).toEqual([2]);
  });

  it('opens a session again whose device is back while it is still being closed', async () => {
    const closing = Promise.withResolvers<void>();
    world.prepare = (link) => (link.close = async () => closing.promise);
    await open(5);
    void registry.closeAll('partition_lost');
    await open(5);
    expect(world.links).toHaveLength(1);
    closing.resolve();
    await settle();
    expect(world.links).toHaveLength(2);
    expect(registry.size).toBe(1);
  });
});
