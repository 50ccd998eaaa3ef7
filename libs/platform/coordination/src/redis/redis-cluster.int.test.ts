import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, startRedisCluster, type OwnRedis } from '@causeway/testing';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { coordinationConformance } from '../conformance/index.js';
import { openCoordination } from '../index.js';

const { logger } = captureLogs();

describeWithEngine('redis', 'Redis Cluster', () => {
  let cluster: OwnRedis;
  let client: Cluster;

  beforeAll(async () => {
    cluster = await startRedisCluster();
    client = new Cluster([cluster.url.replace('+cluster', '')]);
  });
  afterAll(async () => {
    client.disconnect();
    await cluster.stop();
  });

  it('refuses what touches two slots', async () => {
    await expect(client.eval('return 1', 2, 'a', 'b')).rejects.toThrow(/CROSSSLOT|same slot/);
  });

  coordinationConformance('Redis Cluster', {
    open: (presenceLeaseMs) =>
      openCoordination(cluster.url, {
        logger,
        metrics: createMetrics('test'),
        presenceLeaseMs,
      }),
    loseMemory: async () => void (await client.flushall()),
  });
});
