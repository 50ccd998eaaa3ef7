import { createECDH, randomBytes, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { accountTopic } from '@causeway/contracts/accounts';
import { GatekeeperId, OptInId } from '@causeway/contracts/ids';
import { pushTopic } from '@causeway/contracts/webhooks';
import { migrateEventLog, openEventBus, type EventBus } from '@causeway/events';
import { rateLimits } from '@causeway/limits';
import { EXPORT_PATH, ExportPage } from '@causeway/personal-data';
import { Postgres, sql } from '@causeway/postgres';
import { startService, type RunningService } from '@causeway/runtime';
import { TestDeployment } from '@causeway/runtime/testing';
import { createWrappingRing } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { TestProcess } from '@causeway/testing/faults';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enlist, type Person } from '../fixtures/directory.js';
import { writeProfile } from '../fixtures/profile.js';
import type { PeerSaid } from '../fixtures/wake-peers.fixture.js';
import { fanoutService } from '../index.js';

const gatekeeper = GatekeeperId.parse('simulator');
const logger = createLogger({ service: 'test', level: 'silent' });
const subscription = createECDH('prime256v1');
subscription.generateKeys();
const ours = createECDH('prime256v1');
ours.generateKeys();
const secret = randomBytes(32).toString('base64');
const keys = {
  p256dh: subscription.getPublicKey('base64url'),
  auth: randomBytes(16).toString('base64url'),
};

describeWithEngine('postgres', 'devices that are woken', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let bus: EventBus;
  let deployment: TestDeployment;
  let profiles: string;
  let service: RunningService;
  let peers: TestProcess<PeerSaid>;
  let host: string;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 5, applicationName: 'test', statementTimeoutMs: 10_000 };
    admin = Postgres.connect(database.url, options);
    await migrateEventLog(admin);
    const metrics = createMetrics('test');
    bus = openEventBus('postgres:', { clientId: 'test', partitions: 2, postgres: admin, logger, metrics });
    [deployment, profiles] = await Promise.all([TestDeployment.start(), writeProfile()]);
    peers = await TestProcess.start(new URL('../fixtures/wake-peers.fixture.ts', import.meta.url), {
      secret,
      devicePrivateKey: subscription.getPrivateKey('base64url'),
      authSecret: keys.auth,
    });
    host = `127.0.0.1:${(await peers.said((said) => said.type === 'listening')).port}`;
    const env = deployment.env(
      'fanout',
      { databaseUrl: database.url },
      {
        CAUSEWAY_WRAPPING_KEY_RING: JSON.stringify(createWrappingRing()),
        CAUSEWAY_PROFILES_DIR: profiles,
        CAUSEWAY_PROFILES: gatekeeper,
        CAUSEWAY_WAKE_URL: `http://${host}/wake`,
        CAUSEWAY_WAKE_SECRET: secret,
        CAUSEWAY_WEB_PUSH_KEY: ours.getPrivateKey('base64url'),
        CAUSEWAY_WEB_PUSH_SUBJECT: 'mailto:operations@example.org',
        CAUSEWAY_WEB_PUSH_HOSTS: `${host},*.push.example.org`,
      },
    );
    service = await startService(fanoutService, { ...deployment, env });
  });
  afterAll(async () => {
    await service.drain();
    await Promise.all([bus.close(), peers.kill(), deployment.stop()]);
    await admin.close();
    await rm(profiles, { recursive: true });
    await database.drop();
  });

  const newPerson = (subject: string) => enlist(admin, deployment.idp.subjectHash(subject), gatekeeper);
  async function call(method: string, path: string, subject: string, body?: object) {
    const answer = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${deployment.idp.token(subject)}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }
  const register = (subject: string, { deviceId }: Pick<Person, 'deviceId'>, endpoint: string) =>
    call('PUT', `/v1/devices/${deviceId}/web-push`, subject, { endpoint, keys });
  const push = ({ userId, deviceId }: Person) =>
    bus.publish(pushTopic, [
      { data: { type: 'wake.requested', userId, deviceId, gatekeeper, requestedAt: Date.now() } },
    ]);
  const webPushes = () => peers.messages.filter(({ type }) => type === 'web-push');
  const webhooks = ({ deviceId }: Person) =>
    peers.messages.filter(
      ({ type, ...rest }) => type === 'webhook' && JSON.stringify(rest).includes(deviceId),
    );
  const registrations = async ({ deviceId }: Person) =>
    (await admin.query(sql`select 1 from fanout.web_push_registrations where device_id = ${deviceId}`))
      .length;

  it('are told the key with which they subscribe', async () => {
    const { body } = await call('GET', '/v1/web-push', 'anybody');
    expect(body).toEqual({ applicationServerKey: ours.getPublicKey('base64url') });
    expect((await fetch(`${service.url}/v1/web-push`)).status).toBe(401);
  });

  it('register, are woken there, withdraw, and are woken by the provider again', async () => {
    const person = await newPerson('alice');
    expect(await register('alice', person, `http://${host}/push/201`)).toMatchObject({ status: 204 });
    await push(person);
    await eventually(() => expect(webPushes()).toHaveLength(1));
    expect(webhooks(person)).toEqual([]);
    const path = `/v1/devices/${person.deviceId}/web-push`;
    expect(await call('DELETE', path, 'alice')).toMatchObject({ status: 204 });
    await push(person);
    await eventually(() => expect(webhooks(person)).toHaveLength(1), { deadlineMs: 20_000 });
    expect(webPushes()).toHaveLength(1);
  });

  it('of others, or of nobody, cannot be registered or withdrawn', async () => {
    const person = await newPerson('owner');
    for (const deviceId of [person.deviceId, randomUUID() as never]) {
      expect(await register('thief', { deviceId }, `http://${host}/push/201`)).toMatchObject({
        status: 404,
        body: { code: 'socket_device_unknown' },
      });
      const path = `/v1/devices/${deviceId}/web-push`;
      expect(await call('DELETE', path, 'thief')).toMatchObject({ status: 404 });
    }
    expect(await registrations(person)).toBe(0);
  });

  it.each([
    'http://127.0.0.1:1/push',
    'http://2130706433/push',
    'http://0x7f.1/push',
    'http://[::ffff:127.0.0.1]/push',
    'http://[::1]/push',
    'http://169.254.169.254/latest/meta-data',
    'http://localhost/push',
    'https://push.example.org/push',
    'https://push.example.org.evil.example/push',
    'https://user:secret@fcm.push.example.org/push',
    'https://fcm.push.example.org:8443/push',
    'https://fcm.push.example.org@evil.example/push',
    'ftp://fcm.push.example.org/push',
    'file:///etc/passwd',
  ])('cannot name %s', async (endpoint) => {
    const subject = randomUUID();
    const person = await newPerson(subject);
    expect(await register(subject, person, endpoint)).toMatchObject({
      status: 400,
      body: { code: 'web_push_endpoint_refused' },
    });
    expect(await registrations(person)).toBe(0);
  });

  it.each<[string, object]>([
    ['no address', { endpoint: 'push', keys }],
    ['an address beyond its bound', { endpoint: `https://fcm.push.example.org/${'x'.repeat(1_024)}`, keys }],
    [
      'a key of another length',
      { endpoint: 'https://fcm.push.example.org/x', keys: { ...keys, auth: 'AAAA' } },
    ],
    ['no key', { endpoint: 'https://fcm.push.example.org/x', keys: { auth: keys.auth } }],
    ['more than is asked for', { endpoint: 'https://fcm.push.example.org/x', keys, more: 1 }],
  ])('cannot register with %s', async (_what, body) => {
    const subject = randomUUID();
    const { deviceId } = await newPerson(subject);
    expect(await call('PUT', `/v1/devices/${deviceId}/web-push`, subject, body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  it('cannot register more often than is allowed', async () => {
    const person = await newPerson('busy');
    const endpoint = 'https://fcm.push.example.org/x';
    const { capacity } = rateLimits.webPushRegistration;
    for (let i = 0; i < capacity; i += 1) {
      expect(await register('busy', person, endpoint)).toMatchObject({ status: 204 });
    }
    expect(await register('busy', person, endpoint)).toMatchObject({ status: 429 });
    expect(await registrations(person)).toBe(1);
  });

  it('are woken without haste when their enlistment is about to lapse', async () => {
    const person = await newPerson('lapsing');
    const optInId = OptInId.parse(randomUUID());
    await bus.publish(accountTopic, [{ data: { type: 'opt-in.lapsing', ...person, gatekeeper, optInId } }]);
    await eventually(async () => {
      const [row] = await admin.query(sql`
        select urgent, due_at > now() as later from fanout.wakes where device_id = ${person.deviceId}`);
      expect(row).toMatchObject({ urgent: false });
    });
  });

  it('rest sealed, and are shown opened to their person alone', async () => {
    const person = await newPerson('sealed');
    const endpoint = 'https://fcm.push.example.org/PLANTED-endpoint';
    await register('sealed', person, endpoint);
    const [row] = await admin.query<{ text: string }>(sql`
      select string_agg(t::text, ' ') as text from fanout.web_push_registrations t`);
    for (const planted of [endpoint, keys.auth]) {
      expect(row?.text).not.toContain(planted);
      expect(row?.text).not.toContain(Buffer.from(planted).toString('hex'));
    }
    expect(row?.text).not.toContain(Buffer.from(keys.auth, 'base64url').toString('hex'));
    const subject = {
      userId: person.userId,
      deviceIds: [],
      sessionKeys: [],
      identifierHashes: [],
      gatekeepers: [],
    };
    const page = await deployment.as('accounts', { name: 'fanout', url: service.url }).request({
      method: 'POST',
      path: EXPORT_PATH,
      body: { subject },
      schema: ExportPage,
    });
    const [shown] = page.records.filter(({ table }) => table === 'fanout.web_push_registrations');
    expect(shown?.record).toMatchObject({ device_id: person.deviceId, endpoint, p256dh: keys.p256dh });
    expect(JSON.stringify(shown)).not.toMatch(new RegExp(`sealed|wrapped_data_key|${keys.auth}`));
  });

  it('leave nothing here when they are removed, or their user is erased', async () => {
    const [removed, erased] = [await newPerson('removed'), await newPerson('erased')];
    await register('removed', removed, 'https://fcm.push.example.org/x');
    await register('erased', erased, 'https://fcm.push.example.org/x');
    await bus.publish(accountTopic, [
      { data: { type: 'device.removed', ...removed } },
      { data: { type: 'user.erased', userId: erased.userId } },
    ]);
    await eventually(async () => {
      expect(await registrations(removed)).toBe(0);
      expect(await registrations(erased)).toBe(0);
    });
  });

  it('appear with no endpoint or secret in a log', () => {
    expect(deployment.logs()).not.toContain('push.example.org');
    expect(deployment.logs()).not.toContain(keys.auth);
  });
});
