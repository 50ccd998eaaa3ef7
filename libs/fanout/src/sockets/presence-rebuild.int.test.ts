import { openCoordination, type Coordination } from '@causeway/coordination';
import { systemClock } from '@causeway/lifecycle';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually, startOwnRedis, type OwnRedis } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PresencePod } from '../fixtures/presence-pod.js';

const PARTITIONS = 16;
const DEVICES = 600;

describeWithEngine('redis', 'presence on Redis that loses its memory', () => {
  const { logger } = captureLogs();
  const pods: PresencePod[] = [];
  let redis: OwnRedis;
  let coordination: Coordination;

  beforeAll(async () => {
    redis = await startOwnRedis();
    coordination = openCoordination(redis.url, { logger, metrics: createMetrics('test') });
    for (let pod = 0; pod < 2; pod++)
      pods.push(new PresencePod(coordination, logger, systemClock, PARTITIONS));
    for (const pod of pods) {
      await pod.start();
      await Promise.all(Array.from({ length: DEVICES / 2 }, () => pod.connect()));
    }
  });
  afterAll(async () => {
    await Promise.all(pods.map((pod) => pod.stop()));
    await coordination.close();
    await redis.stop();
  });

  async function present() {
    const all = Array.from({ length: PARTITIONS }, (_, of) => coordination.presence.list(of));
    return (await Promise.all(all)).flat();
  }
  const bySession = (entries: readonly { readonly sessionKey: string }[]) =>
    entries.toSorted((one, two) => one.sessionKey.localeCompare(two.sessionKey));

  it('gets every entry back as it was, and no connection ends', async () => {
    const before = await present();
    expect(before).toHaveLength(DEVICES);
    await redis.flush();
    await eventually(async () => expect(await present()).toHaveLength(DEVICES), { deadlineMs: 10_000 });
    expect(bySession(await present())).toEqual(bySession(before));
    for (const { closed, connections, upstream } of pods) {
      expect(closed).toEqual([]);
      expect(connections.every(({ isOpen }) => isOpen)).toBe(true);
      expect(upstream.every(({ type }) => type === 'open')).toBe(true);
    }
  });
});
