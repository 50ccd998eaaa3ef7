import { createMetrics } from '@causeway/telemetry';
import { captureLogs, createTestAuthority, describeWithEngine } from '@causeway/testing';
import { startTlsRedis } from '@causeway/testing/engines';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCoordination } from '../index.js';

describeWithEngine('redis', 'TLS to Redis', () => {
  const authority = createTestAuthority('Ours');
  let server: Awaited<ReturnType<typeof startTlsRedis>>;

  beforeAll(async () => {
    server = await startTlsRedis(authority.issue('redis', { hosts: ['127.0.0.1'] }));
  }, 120_000);
  afterAll(() => server.stop());

  async function check(address: string, ca?: string): Promise<void> {
    const { logger } = captureLogs();
    const options = { logger, metrics: createMetrics('test'), ...(ca !== undefined && { ca }) };
    const coordination = openCoordination(address, options);
    try {
      await coordination.check();
      await (await coordination.signals.subscribe('c', () => undefined)).close();
    } finally {
      await coordination.close();
    }
  }

  it('is made to a server of our authority', async () => {
    await check(server.address, authority.ca);
  });

  it.each<[string, () => Promise<void>]>([
    ['a server of another authority', () => check(server.address, createTestAuthority('Foreign').ca)],
    ['a server that no authority of the system knows', () => check(server.address)],
    ['a server of another name', () => check(server.address.replace('127.0.0.1', 'localhost'), authority.ca)],
    ['clear text', () => check(server.address.replace('rediss:', 'redis:'))],
  ])('is refused for %s', async (_what, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code: 'coordination_unreachable' });
  });
});
