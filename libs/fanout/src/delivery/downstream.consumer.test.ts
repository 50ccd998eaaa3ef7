import { CoordinationError } from '@causeway/coordination';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceConnection } from '../connections/device-connection.js';
import { ConnectionWorld, podId } from '../fixtures/connection-world.js';
import { doorbellChannel } from './doorbell.js';
import { DownstreamConsumer } from './downstream.consumer.js';

let clock: FakeClock;
let world: ConnectionWorld;
let connection: DeviceConnection;
let consumer: DownstreamConsumer;
/** What the mailbox held each time it rang. */
let rung: Promise<number>[];

beforeEach(async () => {
  clock = new FakeClock();
  world = new ConnectionWorld(clock, captureLogs().logger);
  connection = await world.connect();
  rung = [];
  const { coordination } = world;
  await coordination.signals.subscribe(doorbellChannel(podId), () => rung.push(world.waiting(connection)));
  const { metrics, custodyOf } = world.deps;
  consumer = new DownstreamConsumer(coordination, {} as never, {} as never, custodyOf, metrics);
});
afterEach(() => world.coordination.close());

const event = () => world.event({ type: 'accepted', id: 'A', timestamp: 1 });
const dropped = async (reason: string) =>
  (await world.metrics.render()).includes(`fanout_dropped_total{reason="${reason}",service="fanout"} 1`);

describe('invariant 2: store first, doorbell second', () => {
  it('rings the pod of the socket once the event lies in the mailbox', async () => {
    await consumer.handle(event());
    await clock.advance(0);
    expect(await Promise.all(rung)).toEqual([1]);
  });

  it('does not store again because the bell could not be rung', async () => {
    const { presence } = world.coordination;
    presence.get = async () => {
      throw new CoordinationError('coordination_unreachable');
    };
    await consumer.handle(event());
    expect(await world.waiting(connection)).toBe(1);
    expect(rung).toEqual([]);
  });

  it('is tried again when it could not be stored', async () => {
    const { mailbox } = world.coordination;
    mailbox.append = async () => {
      throw new CoordinationError('coordination_unreachable');
    };
    await expect(consumer.handle(event())).rejects.toThrow(CoordinationError);
    expect(rung).toEqual([]);
  });
});

describe('invariant 4: what is for a connection that is gone', () => {
  it.each(['an older connection', 'no connection'])(
    '(%s) is dropped: the gatekeeper keeps it',
    async (what) => {
      const stale = event();
      if (what === 'no connection') await connection.close('device_gone');
      else connection = await world.connect();
      await consumer.handle(stale);
      expect(await dropped('mailbox_closed')).toBe(true);
      expect(rung).toEqual([]);
      expect(await world.waiting(connection)).toBe(0);
    },
  );

  it('and what does not fit the mailbox is dropped too', async () => {
    const many = Array.from({ length: 1024 }, () => new Uint8Array(1));
    await world.coordination.mailbox.append(world.sessionKey, connection.epoch, many);
    await consumer.handle(event());
    expect(await dropped('mailbox_full')).toBe(true);
  });
});
