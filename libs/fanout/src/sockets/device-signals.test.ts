import { socketCloseCodes } from '@causeway/contracts/fanout';
import { splitSessionKey } from '@causeway/contracts/ids';
import { captureLogs, FakeClock } from '@causeway/testing';
import { limits } from '@causeway/limits';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeDeviceSignal } from '../accounts/device-signal.js';
import { deviceChannel, doorbellChannel } from '../delivery/doorbell.js';
import { ConnectionWorld, podId } from '../fixtures/connection-world.js';
import { DeviceSignals } from './device-signals.js';
import type { DeviceSocket } from './device-socket.js';
import { PresenceKeeper } from './presence-keeper.js';
import { SocketRegistry } from './socket-registry.js';

let clock: FakeClock;
let world: ConnectionWorld;
let registry: SocketRegistry;
let signals: DeviceSignals;
/** What happened to the sockets, in order. */
let seen: string[];

/** A device's socket, as far as signals reach into it. */
function addSocket(deviceId: string, refresh: () => Promise<void> = async () => undefined): void {
  const connections = {
    ring: (sessionKey: string) => seen.push(`ring ${sessionKey === world.sessionKey}`),
    ringAll: () => seen.push('ring all'),
    refresh: async () => {
      seen.push('refresh');
      await refresh();
    },
  };
  const socket = {
    device: { deviceId },
    connections,
    send: ({ type, state, code }: { type: string; state?: string; code?: string }) =>
      seen.push(['send', type, state, code].filter((part) => part !== undefined).join(' ')),
    close: async (code: number) => void seen.push(`close ${code}`),
  };
  registry.add(socket as unknown as DeviceSocket);
}
async function tell(channel: string, text: string): Promise<void> {
  await world.coordination.signals.publish(channel, text);
  await clock.advance(0);
}

beforeEach(async () => {
  clock = new FakeClock();
  const { logger } = captureLogs();
  world = new ConnectionWorld(clock, logger);
  registry = new SocketRegistry(world.deps.metrics);
  seen = [];
  const keeper = new PresenceKeeper(registry, world.deps);
  signals = new DeviceSignals(podId, registry, world.coordination, keeper, clock, logger);
  await signals.start();
  addSocket(world.deviceId);
});
afterEach(async () => {
  await signals.stop();
  await world.coordination.close();
});

describe('DeviceSignals', () => {
  it('invariant 5: tells a device that another one took its place', async () => {
    const { deviceId, gatekeeper } = splitSessionKey(world.sessionKey);
    await tell(deviceChannel, encodeDeviceSignal({ type: 'moved', deviceId, gatekeeper }));
    expect(seen).toEqual(['send session withdrawn interop_device_replaced']);
  });

  it('rings the mailbox of the device it is told of, and nobody for nonsense', async () => {
    await tell(doorbellChannel(podId), world.sessionKey);
    await tell(doorbellChannel(podId), 'nonsense');
    await tell(doorbellChannel('pod-b'), world.sessionKey);
    expect(seen).toEqual(['ring true']);
  });

  it('hears that rights and keys changed, and that the device is elsewhere now', async () => {
    const { deviceId, gatekeeper } = world;
    await tell(deviceChannel, encodeDeviceSignal({ type: 'refresh', deviceId }));
    await tell(
      deviceChannel,
      encodeDeviceSignal({ type: 'prekeys-low', deviceId, gatekeeper, available: 3 }),
    );
    await tell(deviceChannel, encodeDeviceSignal({ type: 'replaced', deviceId, podId }));
    await tell(deviceChannel, encodeDeviceSignal({ type: 'replaced', deviceId, podId: 'pod-b' }));
    await tell(deviceChannel, 'nonsense');
    expect(seen).toEqual(['refresh', 'send prekeys-low', `close ${socketCloseCodes.replaced}`]);
  });

  it('keeps the lease, also after failures, and lets it go when stopped', async () => {
    const { presence } = world.coordination;
    await world.connect();
    await clock.advance(60_000);
    expect(await presence.get(world.sessionKey)).toBeDefined();
    const renew = presence.renew.bind(presence);
    presence.renew = async () => {
      throw new Error('unreachable');
    };
    await clock.advance(6_000);
    presence.renew = renew;
    await clock.advance(60_000);
    expect(await presence.get(world.sessionKey)).toBeDefined();
    await signals.stop();
    await clock.advance(limits.presenceLeaseMs.value);
    expect(await presence.get(world.sessionKey)).toBeUndefined();
  });

  it('signs off with the lease what could not be signed off before', async () => {
    const connection = await world.connect();
    const { presence } = world.coordination;
    const remove = presence.remove.bind(presence);
    presence.remove = async () => {
      throw new Error('unreachable');
    };
    await connection.close('device_gone');
    presence.remove = remove;
    await clock.advance(limits.presenceRenewMs.value);
    expect(await presence.get(world.sessionKey)).toBeUndefined();
  });

  it('sweeps for what was not heard, one device whatever becomes of another', async () => {
    addSocket('22222222-2222-4222-8222-222222222222', () => Promise.reject(new Error('down')));
    addSocket('33333333-3333-4333-8333-333333333333');
    await clock.advance(limits.sweepMs.value);
    expect(seen).toEqual(Array.from({ length: 3 }, () => ['refresh', 'ring all']).flat());
    await clock.advance(limits.sweepMs.value);
    expect(seen).toHaveLength(12);
  });

  it('does nothing any more once stopped', async () => {
    await signals.stop();
    await tell(doorbellChannel(podId), world.sessionKey);
    await clock.advance(limits.sweepMs.value);
    expect(seen).toEqual([]);
  });
});
