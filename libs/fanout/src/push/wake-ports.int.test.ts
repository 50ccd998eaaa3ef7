import { createECDH, randomBytes, randomUUID } from 'node:crypto';
import { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { createEgress, type Egress } from '@causeway/http';
import { Postgres, sql } from '@causeway/postgres';
import { keyWrapOf } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { describeWithEngine } from '@causeway/testing';
import { TestProcess } from '@causeway/testing/faults';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFanoutMetrics } from '../fanout-metrics.js';
import type { PeerSaid, PeerSettings } from '../fixtures/wake-peers.fixture.js';
import { WakeFailed, type Wake } from './wake.port.js';
import { vapidKey, WebPushWake } from './web-push-wake.js';
import { WebPushStore } from './web-push.store.js';
import { WebhookWake } from './webhook-wake.js';

const secret = randomBytes(32).toString('base64');
const subscription = createECDH('prime256v1');
subscription.generateKeys();
const keys = {
  p256dh: subscription.getPublicKey('base64url'),
  auth: randomBytes(16).toString('base64url'),
};
const ours = createECDH('prime256v1');
ours.generateKeys();
const key = vapidKey(ours.getPrivateKey('base64url'), 'mailto:operations@example.org');

let peers: TestProcess<PeerSaid>;
let host: string;
let egress: Egress;

beforeAll(async () => {
  const settings: PeerSettings = {
    secret,
    devicePrivateKey: subscription.getPrivateKey('base64url'),
    authSecret: keys.auth,
  };
  peers = await TestProcess.start(new URL('../fixtures/wake-peers.fixture.ts', import.meta.url), settings);
  const { port } = await peers.said((said) => said.type === 'listening');
  host = `127.0.0.1:${port}`;
  egress = createEgress({ allowedHosts: [host], allowPrivateAddresses: true });
});
afterAll(async () => {
  await egress.close();
  await peers.kill();
});
beforeEach(() => void peers.messages.splice(0));

const newWake = (urgent = true): Wake => ({
  deviceId: DeviceId.parse(randomUUID()),
  gatekeeper: GatekeeperId.parse('simulator'),
  urgent,
});

describe('the provider’s webhook, in a process of its own', () => {
  const port = (signedBy = secret) =>
    new WebhookWake(`http://${host}/wake`, egress, { current: new Webhook(signedBy) }, Date.now);

  it('verifies the signature by the public library, and learns the device and nothing else', async () => {
    const wake = newWake();
    await port().wake(wake);
    const { body } = await peers.said((said) => said.type === 'webhook');
    expect(body).toEqual({ type: 'wake', timestamp: expect.any(String), data: wake });
  });

  it('believes no other secret', async () => {
    await expect(port(randomBytes(32).toString('base64')).wake(newWake())).rejects.toThrow(WakeFailed);
    await peers.said((said) => said.type === 'refused');
  });
});

describeWithEngine('postgres', 'Web Push', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let store: WebPushStore;
  let others: Wake[];
  let wakePort: WebPushWake;
  const userId = UserId.parse(randomUUID());

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'web-push', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.urlFor('fanout'), options);
    store = new WebPushStore(postgres, keyWrapOf());
    const metrics = createFanoutMetrics(createMetrics('fanout'));
    const otherwise = { wake: async (wake: Wake) => void others.push(wake) };
    wakePort = new WebPushWake({ store, egress, key, metrics }, otherwise);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });
  beforeEach(() => void (others = []));

  const register = (wake: Wake, path: string) =>
    store.put(userId, wake.deviceId, { endpoint: `http://${host}${path}`, keys });

  it.each([
    [true, 'high'],
    [false, 'low'],
  ])(
    'is decrypted by its receiver and holds neither content nor identifier (urgent: %s)',
    async (urgent, urgency) => {
      const wake = newWake(urgent);
      await register(wake, '/push/201');
      await wakePort.wake(wake);
      const { body, headers, vapid } = await peers.said((said) => said.type === 'web-push');
      expect(JSON.parse(body)).toEqual({ type: 'wake' });
      expect(headers).toMatchObject({
        'content-encoding': 'aes128gcm',
        ttl: '86400',
        topic: 'wake',
        urgency,
      });
      expect(JSON.stringify(headers)).not.toContain(wake.deviceId);
      expect(vapid).toMatchObject({ sub: 'mailto:operations@example.org', key: key.publicKey });
      expect(others).toEqual([]);
    },
  );

  it('leaves a device that has not registered to the provider’s webhook', async () => {
    const wake = newWake();
    await wakePort.wake(wake);
    expect(others).toEqual([wake]);
  });

  it.each([404, 410])('forgets a registration that its push service does not know (%i)', async (status) => {
    const wake = newWake();
    await register(wake, `/push/${status}`);
    await wakePort.wake(wake);
    expect(await store.get(wake.deviceId)).toBeUndefined();
    expect(others).toEqual([wake]);
  });

  it('does not forget one that the device has made since', async () => {
    const wake = newWake();
    await register(wake, '/push/410');
    const before = await store.get(wake.deviceId);
    // The same endpoint again, while the answer about the older registration is on its way.
    await register(wake, '/push/410');
    await store.clear(wake.deviceId, before?.version ?? '');
    expect(await store.get(wake.deviceId)).toMatchObject({ keys });
  });

  it.each([429, 500, 503, 302, 307, 403])(
    'fails on the answer %i, and keeps the registration',
    async (status) => {
      const wake = newWake();
      await register(wake, `/push/${status}`);
      await expect(wakePort.wake(wake)).rejects.toThrow(WakeFailed);
      expect(await store.get(wake.deviceId)).toBeDefined();
      expect(others).toEqual([]);
    },
  );

  it.each<[string, string]>([
    ['a host that is no push service', 'http://127.0.0.1:9/push'],
    ['a metadata service', 'http://169.254.169.254/latest'],
    ['a port of the same host', 'http://127.0.0.1:1/push'],
  ])('calls nobody when a registration names %s', async (_what, endpoint) => {
    const wake = newWake();
    await store.put(userId, wake.deviceId, { endpoint, keys });
    await expect(wakePort.wake(wake)).rejects.toThrow(WakeFailed);
    expect(peers.messages).toEqual([]);
  });

  it('does not call a push service whose name leads to a private address', async () => {
    const resolved = (address: string) =>
      createEgress({
        allowedHosts: ['push.example.org'],
        resolve: (_name, done) => done(null, [{ address, family: address.includes(':') ? 6 : 4 }]),
      });
    for (const address of [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '::1',
      '::ffff:127.0.0.1',
      'fd00::1',
    ]) {
      const guarded = resolved(address);
      const metrics = createFanoutMetrics(createMetrics('fanout'));
      const parts = { store, egress: guarded, key, metrics };
      const wake = newWake();
      await store.put(userId, wake.deviceId, { endpoint: 'https://push.example.org/x', keys });
      const failed = await new WebPushWake(parts, wakePort).wake(wake).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 'wake_failed', cause: { code: 'egress_address_refused' } });
      await guarded.close();
    }
  });

  it('is erased with its device and with its user', async () => {
    const [one, two] = [newWake(), newWake()];
    await register(one, '/push/201');
    await register(two, '/push/201');
    await store.eraseDevice(one.deviceId);
    expect(await store.get(one.deviceId)).toBeUndefined();
    await store.eraseUser(userId);
    const rows = await postgres.query(sql`
      select 1 from fanout.web_push_registrations where user_id = ${userId}`);
    expect(rows).toEqual([]);
  });
});
