import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, startRedisCluster, type OwnRedis } from '@causeway/testing';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coordinationConformance } from '../conformance/index.js';
import { openCoordination, redisRights, type Coordination } from '../index.js';
import { applyRedisUsers } from './apply-redis-users.js';
import { redisClusterRights, redisPasswordHash, userWords } from './redis-acl.js';

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

  describe('users of services', () => {
    const password = 'a password of twelve';
    const rights = redisRights(['presence.put', 'presence.get', 'rates.take', 'signals.subscribe'], 'any');
    const asUser = async (use: (on: Coordination) => Promise<unknown>) => {
      const url = new URL(cluster.url);
      [url.username, url.password] = ['service', password];
      const on = openCoordination(url.href, { logger, metrics: createMetrics('test') });
      await use(on).finally(() => on.close());
    };

    it('are made on its nodes, with what a client needs in a cluster', async () => {
      const report = await applyRedisUsers(cluster.url, [{ name: 'service', rights, password }], logger);
      expect(report).toEqual({ users: ['service'], kept: false, open: true });
      await asUser(async (on) => {
        await on.presence.put({ sessionKey: 's', podId: 'p', partition: 1 });
        expect(await on.presence.get('s')).toBeUndefined();
        await (await on.signals.subscribe('c', () => undefined)).close();
        const rule = { name: 'r', capacity: 1, refillPerSecond: 1, failOpen: false };
        expect(await on.rates.take(rule, 'k')).toMatchObject({ allowed: true });
        await expect(on.presence.list(1)).rejects.toMatchObject({ code: 'coordination_unreachable' });
      });
    });

    it.each(['+cluster|info', '+cluster|slots'])('do not get in without %s', async (right) => {
      const words = [...rights, ...redisClusterRights].filter((word) => word !== right);
      await client.call('ACL', 'SETUSER', 'service', ...userWords(words, redisPasswordHash(password)));
      await asUser(async (on) => {
        await expect(on.check()).rejects.toMatchObject({ code: 'coordination_unreachable' });
      });
    });
  });

  it.each(['?node=a:1&family=6', '?tls=false'])('have no address with %s', (query) => {
    const open = () => openCoordination(cluster.url + query, { logger, metrics: createMetrics('test') });
    expect(open).toThrow(expect.objectContaining({ code: 'coordination_invalid' }));
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
