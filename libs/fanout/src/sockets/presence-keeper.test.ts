import { randomUUID } from 'node:crypto';
import { socketCloseCodes } from '@causeway/contracts/fanout';
import { announceChannel, openCoordination, type Coordination } from '@causeway/coordination';
import { loseMemory } from '@causeway/coordination/testing';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PresencePod } from '../fixtures/presence-pod.js';

const withinMs = limits.presenceRenewMs.value + limits.presenceRestoreJitterMs.value;

let clock: FakeClock;
let engine: string;
let coordination: Coordination;
let logs: ReturnType<typeof captureLogs>;
let pods: PresencePod[];

beforeEach(() => {
  clock = new FakeClock();
  engine = `memory:${randomUUID()}`;
  logs = captureLogs();
  pods = [];
  coordination = openCoordination(engine, { logger: logs.logger, metrics: createMetrics('t'), clock });
});
afterEach(async () => {
  await Promise.all(pods.map((pod) => pod.stop()));
  await coordination.close();
});

async function startPod(devices = 0): Promise<PresencePod> {
  const pod = new PresencePod(coordination, logs.logger, clock, 8);
  pods.push(pod);
  await pod.start();
  for (let device = 0; device < devices; device++) await pod.connect();
  return pod;
}
async function present(): Promise<number[]> {
  const lists = await Promise.all(Array.from({ length: 8 }, (_, of) => coordination.presence.list(of)));
  return lists.flat().map(({ epoch }) => epoch);
}
const epochs = (...of: PresencePod[]) =>
  of.flatMap(({ connections }) => connections.map(({ epoch }) => epoch));
const sorted = (numbers: readonly number[]) => numbers.toSorted((one, two) => one - two);

describe('PresenceKeeper', () => {
  it('puts the entries of its pod back on their connections within one renewal', async () => {
    const pod = await startPod(20);
    const other = await startPod(5);
    loseMemory(engine);
    expect(await present()).toEqual([]);
    await clock.advance(withinMs);
    expect(sorted(await present())).toEqual(sorted(epochs(pod, other)));
    expect([...pod.restored]).toEqual([['restored', 20]]);
    expect(pod.upstream.map(({ type }) => type)).not.toContain('close');
    await clock.advance(60_000);
    expect([...pod.restored]).toEqual([['restored', 20]]);
  });

  it('does so when it is asked to, once for each life of the index', async () => {
    const pod = await startPod(1);
    loseMemory(engine);
    const { id } = await coordination.presence.life();
    for (let times = 0; times < 3; times++) await coordination.signals.publish(announceChannel, id);
    await clock.advance(limits.presenceRestoreJitterMs.value);
    expect(await present()).toEqual(epochs(pod));
    await coordination.signals.publish(announceChannel, id);
    await clock.advance(withinMs);
    expect([...pod.restored]).toEqual([['restored', 1]]);
  });

  it('works in bounded batches, and begins again after one that failed', async () => {
    const most = limits.presenceRestoreItems.value;
    const sizes: number[] = [];
    const { restore } = coordination.presence;
    coordination.presence.restore = async (entries) => {
      sizes.push(entries.length);
      if (sizes.length === 2) throw new Error('unreachable');
      return restore(entries);
    };
    const pod = await startPod(most + 7);
    loseMemory(engine);
    await clock.advance(2 * withinMs);
    expect(sizes).toEqual([most, 7, most, 7]);
    expect(await present()).toHaveLength(most + 7);
    expect(pod.restored.get('present')).toBe(most);
  });

  it('closes a socket whose device has connected elsewhere', async () => {
    const pod = await startPod(1);
    const [first] = pod.connections;
    if (first === undefined) throw new Error('no connection');
    const other = await startPod();
    const later = await other.connect(first.owner.deviceId);
    loseMemory(engine);
    await coordination.presence.restore([later.presence]);
    await clock.advance(withinMs);
    expect(pod.closed).toEqual([socketCloseCodes.replaced]);
    expect(await present()).toEqual([later.epoch]);
  });

  it('leaves no entry of a device that went meanwhile', async () => {
    const pod = await startPod(2);
    const [gone, here] = pod.connections;
    const { restore } = coordination.presence;
    coordination.presence.restore = async (entries) => {
      await gone?.close('device_gone');
      return restore(entries);
    };
    loseMemory(engine);
    await clock.advance(withinMs);
    expect(await present()).toEqual([here?.epoch]);
  });

  it('does nothing any more once stopped', async () => {
    const pod = await startPod(1);
    loseMemory(engine);
    pod.keeper.announced('another life');
    await pod.stop();
    await clock.advance(withinMs);
    expect([...pod.restored]).toEqual([]);
  });
});
