import type { PushEvent } from '@causeway/contracts/webhooks';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionWorld } from '../fixtures/connection-world.js';
import { PushConsumer } from './push.consumer.js';
import { WakeFailed, type Wake } from './wake.port.js';

let clock: FakeClock;
let world: ConnectionWorld;
let consumer: PushConsumer;
let wakes: Wake[];
let failing: boolean;

beforeEach(() => {
  clock = new FakeClock();
  world = new ConnectionWorld(clock, captureLogs().logger);
  wakes = [];
  failing = false;
  const wake = async (which: Wake) => {
    if (failing) throw new WakeFailed();
    wakes.push(which);
  };
  consumer = new PushConsumer(world.coordination, { wake }, world.deps.metrics);
});
afterEach(() => world.coordination.close());

const event = (): PushEvent => {
  const { userId, deviceId, gatekeeper } = world;
  return { type: 'wake.requested', userId, deviceId, gatekeeper, requestedAt: clock.now() };
};

describe('PushConsumer', () => {
  it('makes one wake of many calls, and another 5 seconds later', async () => {
    for (let i = 0; i < 10; i += 1) await consumer.handle(event());
    expect(wakes).toEqual([{ deviceId: world.deviceId, gatekeeper: world.gatekeeper }]);
    await clock.advance(5_000);
    await consumer.handle(event());
    expect(wakes).toHaveLength(2);
  });

  it('does not wake a device that is connected', async () => {
    await world.connect();
    await consumer.handle(event());
    expect(wakes).toEqual([]);
  });

  it('does not lose a wake that failed to the rate limit', async () => {
    failing = true;
    await expect(consumer.handle(event())).rejects.toThrow(WakeFailed);
    await expect(consumer.handle(event())).rejects.toThrow(WakeFailed);
    failing = false;
    await consumer.handle(event());
    await consumer.handle(event());
    expect(wakes).toHaveLength(1);
  });
});
