import { randomUUID } from 'node:crypto';
import type { DownstreamEvent } from '@causeway/contracts/downstream';
import { DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { openCoordination, type Coordination } from '@causeway/coordination';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DownstreamConsumer } from '../delivery/downstream.consumer.js';
import { createFanoutMetrics } from '../fanout-metrics.js';
import { PresencePod } from '../fixtures/presence-pod.js';
import type { DeviceConnection } from './device-connection.js';

const gatekeeper = GatekeeperId.parse('simulator');
const key = Buffer.alloc(32, 7).toString('base64');
const agreed = { relayKey: key, sealed: Buffer.alloc(60, 8).toString('base64') };
const WITHIN_MS = 5_000;

let clock: FakeClock;
let coordination: Coordination;
let metrics: ReturnType<typeof createMetrics>;
/** What the topic gives to pod A, whichever pod holds the socket. */
let consumer: DownstreamConsumer;
let podA: PresencePod;
let podB: PresencePod;
let deviceId: DeviceId;

beforeEach(async () => {
  clock = new FakeClock();
  const { logger } = captureLogs();
  metrics = createMetrics('fanout');
  coordination = openCoordination(`memory:${randomUUID()}`, { logger, metrics: createMetrics('t'), clock });
  const counted = createFanoutMetrics(metrics);
  consumer = new DownstreamConsumer(coordination, {} as never, {} as never, () => 'gatekeeper', counted);
  [podA, podB] = [1, 2].map(() => new PresencePod(coordination, logger, clock, 8)) as [
    PresencePod,
    PresencePod,
  ];
  await Promise.all([podA.start(), podB.start()]);
  deviceId = DeviceId.parse(randomUUID());
});
afterEach(async () => {
  await Promise.all([podA.stop(), podB.stop()]);
  await coordination.close();
});

/** The session service asks the device of a connection. */
async function ask({ owner, epoch }: DeviceConnection, correlationId: string): Promise<void> {
  const question: DownstreamEvent = {
    type: 'noise.dh',
    sessionKey: owner.sessionKey,
    gatekeeper,
    epoch,
    correlationId,
    deadline: clock.now() + WITHIN_MS,
    remotePublicKey: key,
    relayKey: key,
  };
  await consumer.handle(question);
  await clock.advance(0);
}
const answer = (connection: DeviceConnection, correlationId: string) =>
  connection.handle({ type: 'noise-dh', gatekeeper, correlationId, answer: agreed });
const asked = ({ frames }: PresencePod) =>
  frames.flatMap((frame) => (frame.type === 'noise-dh' ? [frame.correlationId] : []));
const answered = ({ upstream }: PresencePod) => upstream.filter(({ type }) => type === 'noise.dh.answer');

describe('an agreement that is asked for through another pod than the device’s', () => {
  it('reaches the device where it is, and is answered from there, once', async () => {
    const connection = await podB.connect(deviceId);
    await ask(connection, 'q1');
    expect([asked(podA), asked(podB)]).toEqual([[], ['q1']]);
    await answer(connection, 'q1');
    await answer(connection, 'q1');
    const { sessionKey } = connection.owner;
    expect(answered(podA)).toEqual([]);
    expect(answered(podB)).toEqual([
      {
        type: 'noise.dh.answer',
        sessionKey,
        gatekeeper,
        epoch: connection.epoch,
        correlationId: 'q1',
        answer: agreed,
      },
    ]);
  });

  it('is no business of another device of the same pod', async () => {
    const connection = await podB.connect(deviceId);
    const other = await podB.connect();
    await ask(connection, 'q1');
    await answer(other, 'q1');
    expect(answered(podB)).toEqual([]);
    await answer(connection, 'q1');
    expect(answered(podB)).toMatchObject([{ sessionKey: connection.owner.sessionKey }]);
  });

  it('is not answered from where the device has moved meanwhile, but asked again there', async () => {
    const before = await podB.connect(deviceId);
    await ask(before, 'q1');
    const after = await podA.connect(deviceId);
    expect(after.epoch).toBeGreaterThan(before.epoch);
    await answer(after, 'q1');
    expect(answered(podA)).toEqual([]);
    await ask(after, 'q2');
    await answer(after, 'q1');
    expect(answered(podA)).toEqual([]);
    expect([asked(podA), asked(podB)]).toEqual([['q2'], ['q1']]);
    // The connection before may still answer what it was asked; its epoch tells session that it is too late.
    await answer(before, 'q1');
    expect(answered(podB)).toMatchObject([{ epoch: before.epoch, correlationId: 'q1' }]);
    await answer(after, 'q2');
    expect(answered(podA)).toMatchObject([{ epoch: after.epoch, correlationId: 'q2' }]);
  });

  it('that comes when the device has moved is put to neither of its connections', async () => {
    const before = await podB.connect(deviceId);
    await podA.connect(deviceId);
    await ask(before, 'q1');
    expect([asked(podA), asked(podB)]).toEqual([[], []]);
    expect(await metrics.render()).toMatch(/fanout_dropped_total\{reason="mailbox_closed"[^}]*\} 1/);
  });

  it('is not passed on when its time is over', async () => {
    const connection = await podB.connect(deviceId);
    await ask(connection, 'q1');
    await clock.advance(WITHIN_MS);
    await answer(connection, 'q1');
    expect(answered(podB)).toEqual([]);
  });
});
