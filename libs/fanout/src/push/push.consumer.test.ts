import type { PushEvent } from '@causeway/contracts/webhooks';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionWorld } from '../fixtures/connection-world.js';
import { PushConsumer } from './push.consumer.js';
import type { WakeRequest } from './wakes.store.js';

let clock: FakeClock;
let world: ConnectionWorld;
let consumer: PushConsumer;
let requests: WakeRequest[];
let kicks: number;

beforeEach(() => {
  clock = new FakeClock();
  world = new ConnectionWorld(clock, captureLogs().logger);
  [requests, kicks] = [[], 0];
  consumer = new PushConsumer({
    coordination: world.coordination,
    wakes: { request: async (request) => void requests.push(request) },
    dispatch: { kick: () => (kicks += 1) },
    upstream: world.deps.upstream,
    metrics: world.deps.metrics,
    clock,
  });
});
afterEach(() => world.coordination.close());

const event = (): PushEvent => {
  const { userId, deviceId, gatekeeper } = world;
  return { type: 'wake.requested', userId, deviceId, gatekeeper, requestedAt: clock.now() };
};
const probes = () => world.upstream.filter(({ type }) => type === 'probe');

describe('PushConsumer', () => {
  it('asks for an urgent wake of a device that is not connected', async () => {
    await consumer.handle(event());
    const { userId, deviceId, gatekeeper } = world;
    expect(requests).toEqual([{ userId, deviceId, gatekeeper, urgent: true, requestedAt: clock.now() }]);
    expect(kicks).toBe(1);
    expect(probes()).toEqual([]);
  });

  it('probes the session of a device that is connected, at most once in 5 seconds, and wakes nobody', async () => {
    const { epoch } = await world.connect();
    for (let i = 0; i < 10; i += 1) await consumer.handle(event());
    const { sessionKey, gatekeeper } = world;
    const deadline = clock.now() + 30_000;
    expect(probes()).toEqual([{ type: 'probe', sessionKey, gatekeeper, epoch, deadline }]);
    await clock.advance(5_000);
    await world.coordination.presence.renew('pod-a');
    await consumer.handle(event());
    expect(probes()).toHaveLength(2);
    expect(requests).toEqual([]);
  });

  it('fails when the probe cannot be passed on, so that the call is handled again', async () => {
    await world.connect();
    world.topicDown = true;
    await expect(consumer.handle(event())).rejects.toThrow('the topic is down');
  });
});
