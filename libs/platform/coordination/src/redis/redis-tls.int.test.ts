import { createMetrics } from '@causeway/telemetry';
import { captureLogs, createTestAuthority, describeWithEngine, type TestAuthority } from '@causeway/testing';
import { startTlsRedis } from '@causeway/testing/engines';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCoordination, type RedisTls } from '../index.js';

describeWithEngine('redis', 'TLS to Redis', () => {
  const authority = createTestAuthority('Ours');
  let server: Awaited<ReturnType<typeof startTlsRedis>>;
  let mutual: typeof server;

  beforeAll(async () => {
    const issued = authority.issue('redis', { hosts: ['127.0.0.1'] });
    [server, mutual] = await Promise.all([startTlsRedis(issued), startTlsRedis(issued, authority.ca)]);
  }, 120_000);
  afterAll(() => Promise.all([server?.stop(), mutual?.stop()]));

  const client = (from: TestAuthority): RedisTls => ({ ca: authority.ca, ...from.issue('fanout') });

  async function check(address: string, ca?: string, own: RedisTls = {}): Promise<void> {
    const { logger } = captureLogs();
    const options = { logger, metrics: createMetrics('test'), tls: { ca, ...own } };
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

  it('is made with a certificate where the server asks for one', async () => {
    await check(mutual.address, undefined, client(authority));
  });

  it('shows and believes in new connections what is there then', async () => {
    const tls: { -readonly [K in keyof RedisTls]: RedisTls[K] } = { ...client(authority) };
    const { logger } = captureLogs();
    const coordination = openCoordination(mutual.address, { logger, metrics: createMetrics('test'), tls });
    const reconnect = async () => {
      const admin = openCoordination(mutual.address, { logger, metrics: createMetrics('test'), tls });
      return admin.check().finally(() => admin.close());
    };
    await coordination.check();
    Object.assign(tls, createTestAuthority('Foreign').issue('fanout'));
    await coordination.check();
    await expect(reconnect()).rejects.toMatchObject({ code: 'coordination_unreachable' });
    Object.assign(tls, authority.issue('fanout'));
    await reconnect();
    await coordination.close();
  });

  it.each<[string, () => Promise<void>]>([
    ['a client without a certificate', () => check(mutual.address, authority.ca)],
    [
      'a client with one of another authority',
      () => check(mutual.address, authority.ca, client(createTestAuthority('Foreign'))),
    ],
    ['a server of another authority', () => check(server.address, createTestAuthority('Foreign').ca)],
    ['a server that no authority of the system knows', () => check(server.address)],
    ['a server of another name', () => check(server.address.replace('127.0.0.1', 'localhost'), authority.ca)],
    ['clear text', () => check(server.address.replace('rediss:', 'redis:'))],
  ])('is refused for %s', async (_what, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code: 'coordination_unreachable' });
  });
});
