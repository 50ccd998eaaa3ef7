import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OptIns, Standing } from '../accounts/opt-ins.js';
import { ConnectionWorld, podId } from '../fixtures/connection-world.js';
import { DeviceConnections } from './device-connections.js';

let clock: FakeClock;
let world: ConnectionWorld;
let connections: DeviceConnections;
let standing: Standing;
let replaced: boolean;
/** What looking up the standing waits for. */
let looking: Promise<void>;

beforeEach(async () => {
  clock = new FakeClock();
  world = new ConnectionWorld(clock, captureLogs().logger);
  standing = 'enlisted';
  replaced = false;
  looking = Promise.resolve();
  const optIns = {
    gatekeepers: [world.gatekeeper],
    standing: async () => {
      await looking;
      return standing;
    },
  } as Pick<OptIns, 'gatekeepers' | 'standing'> as OptIns;
  const { deviceId, userId, deps } = world;
  const sink = (frame: (typeof world.frames)[number]) => world.frames.push(frame) > 0;
  const onReplaced = () => (replaced = true);
  await world.coordination.presence.renew(podId);
  connections = new DeviceConnections(
    { deviceId, userId, address: undefined },
    optIns,
    sink,
    onReplaced,
    deps,
  );
});
afterEach(() => world.coordination.close());

const types = () => world.upstream.map(({ type }) => type);
const states = () => world.frames.flatMap((frame) => (frame.type === 'session' ? [frame.state] : []));

describe('DeviceConnections', () => {
  it('opens once for many refreshes, and closes once', async () => {
    await Promise.all([connections.refresh(), connections.refresh(), connections.refresh()]);
    expect(types()).toEqual(['open']);
    await Promise.all([connections.close('device_gone'), connections.close('device_gone')]);
    expect(types()).toEqual(['open', 'close']);
    expect(connections.get(world.gatekeeper)).toBeUndefined();
  });

  it('opens nothing for a device that went while its rights were looked up', async () => {
    const looked = Promise.withResolvers<void>();
    looking = looked.promise;
    const refreshed = connections.refresh();
    const closed = connections.close('device_gone');
    looked.resolve();
    await Promise.all([refreshed, closed, connections.refresh()]);
    expect(await world.coordination.presence.get(world.sessionKey)).toBeUndefined();
    expect(types()).toEqual([]);
  });

  it('invariant 7: closes the connection of a user who left or was suspended, and says so once', async () => {
    await connections.refresh();
    standing = 'none';
    await connections.refresh();
    await connections.refresh();
    expect(types()).toEqual(['open', 'close']);
    expect(states()).toEqual(['opening', 'withdrawn']);
    expect(connections.get(world.gatekeeper)).toBeUndefined();
    standing = 'enlisted';
    await connections.refresh();
    expect(types()).toEqual(['open', 'close', 'open']);
  });

  it('invariant 7: connects a user who is leaving for the deletion alone', async () => {
    standing = 'leaving';
    await connections.refresh();
    expect(world.upstream).toMatchObject([{ type: 'open', reason: 'deletion' }]);
    expect(connections.get(world.gatekeeper)).toBeUndefined();
  });

  it('tries again what could not be opened', async () => {
    world.topicDown = true;
    await expect(connections.refresh()).rejects.toThrow('the topic is down');
    world.topicDown = false;
    await connections.refresh();
    expect(types()).toEqual(['open']);
  });

  it('is seen again, on the same connection, when coordination has forgotten the device', async () => {
    await connections.refresh();
    const { presence } = world.coordination;
    const before = await presence.get(world.sessionKey);
    await presence.remove(world.sessionKey, before?.epoch ?? 0);
    await connections.refresh();
    expect(await presence.get(world.sessionKey)).toEqual(before);
    expect(types()).toEqual(['open']);
  });

  it('opens anew when the news of its login seems to be lost with the mailbox', async () => {
    await connections.refresh();
    const { presence } = world.coordination;
    const before = await presence.get(world.sessionKey);
    await presence.remove(world.sessionKey, before?.epoch ?? 0);
    await connections.refresh();
    await clock.advance(limits.commandDeadlineMs.value);
    await presence.renew(podId);
    await connections.refresh();
    const after = await presence.get(world.sessionKey);
    expect(after?.epoch).toBeGreaterThan(before?.epoch ?? 0);
    expect(world.upstream.at(-1)).toMatchObject({ type: 'open', epoch: after?.epoch });
  });

  it('sees that the device has connected to another pod, without taking it back', async () => {
    await connections.refresh();
    const { presence } = world.coordination;
    await presence.renew('pod-b');
    const epoch = await presence.put({ sessionKey: world.sessionKey, partition: 3, podId: 'pod-b' });
    await connections.refresh();
    expect(replaced).toBe(true);
    await connections.close('device_gone');
    expect(await presence.get(world.sessionKey)).toMatchObject({ podId: 'pod-b', epoch });
    expect(types()).toEqual(['open']);
  });
});
