import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { GatekeeperId } from '@causeway/contracts/ids';
import { pushTopic } from '@causeway/contracts/webhooks';
import { migrateEventLog, openEventBus, type EventBus } from '@causeway/events';
import { Postgres } from '@causeway/postgres';
import { startService } from '@causeway/runtime';
import { createWrappingRing } from '@causeway/sealing/testing';
import { TestDeployment } from '@causeway/runtime/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { createTestAuthority } from '@causeway/testing/engines';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enlist } from '../fixtures/directory.js';
import { writeProfile } from '../fixtures/profile.js';
import { fanoutService } from '../index.js';

const gatekeeper = GatekeeperId.parse('simulator');
const logger = createLogger({ service: 'test', level: 'silent' });
const authority = createTestAuthority();

describeWithEngine('postgres', 'the provider’s webhook behind a certificate of its own authority', (url) => {
  let database: TestDatabase;
  let admin: Postgres;
  let bus: EventBus;
  let deployment: TestDeployment;
  let profiles: string;
  let provider: Server;
  let called = 0;
  let refused = 0;

  beforeAll(async () => {
    database = await cloneTestDatabase(url);
    admin = Postgres.connect(database.url, {
      poolSize: 3,
      applicationName: 'test',
      statementTimeoutMs: 10_000,
    });
    await migrateEventLog(admin);
    const metrics = createMetrics('test');
    bus = openEventBus('postgres:', { clientId: 'test', partitions: 2, postgres: admin, logger, metrics });
    [deployment, profiles] = await Promise.all([TestDeployment.start(), writeProfile()]);
    const { certificate, key } = authority.issue('provider');
    provider = createServer({ cert: certificate, key }, (request, response) => {
      called += 1;
      request.resume().on('end', () => response.writeHead(204).end());
    });
    provider.on('tlsClientError', () => (refused += 1));
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await Promise.all([bus.close(), deployment.stop()]);
    provider.closeAllConnections();
    provider.close();
    await admin.close();
    await rm(profiles, { recursive: true });
    await database.drop();
  });

  async function wakes(subject: string, trust: Record<string, string>, seen: () => void): Promise<void> {
    const { port } = provider.address() as AddressInfo;
    const env = deployment.env(
      'fanout',
      { databaseUrl: database.url },
      {
        CAUSEWAY_PROFILES_DIR: profiles,
        CAUSEWAY_PROFILES: gatekeeper,
        CAUSEWAY_WAKE_URL: `https://127.0.0.1:${port}/wake`,
        CAUSEWAY_WAKE_SECRET: randomBytes(32).toString('base64'),
        CAUSEWAY_WRAPPING_KEY_RING: JSON.stringify(createWrappingRing()),
        ...trust,
      },
    );
    const service = await startService(fanoutService, { ...deployment, env });
    try {
      const { userId, deviceId } = await enlist(admin, deployment.idp.subjectHash(subject), gatekeeper);
      const data = {
        type: 'wake.requested',
        userId,
        deviceId,
        gatekeeper,
        requestedAt: Date.now(),
      } as const;
      await bus.publish(pushTopic, [{ data }]);
      await eventually(seen);
    } finally {
      await service.drain();
    }
  }

  it('is not called while that authority is unknown', async () => {
    await wakes('alice', {}, () => expect(refused).toBeGreaterThan(0));
    expect(called).toBe(0);
  });

  it('is called when the settings name the authority', async () => {
    await wakes('bob', { CAUSEWAY_WAKE_CA: authority.ca }, () => expect(called).toBeGreaterThan(0));
  });
});
