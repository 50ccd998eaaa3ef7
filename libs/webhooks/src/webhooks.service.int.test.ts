import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DISCOVERY_PATH, JWKS_PATH, pushTopic, type PushEvent } from '@causeway/contracts/webhooks';
import { migrateEventLog, openEventBus, type EventBus } from '@causeway/events';
import { Postgres, sql } from '@causeway/postgres';
import { startService, type RunningService } from '@causeway/runtime';
import { TestDeployment } from '@causeway/runtime/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enlistWith } from './fixtures/directory.js';
import { Gatekeeper } from './fixtures/gatekeeper.js';
import { webhooksService } from './index.js';
import { resolutionsSweep, waitingCallsSweep } from './push/push.sweep.js';

const hmacKey = randomBytes(32);
const publicUrl = Gatekeeper.audience;

let deployment: TestDeployment;
let gatekeeper: Gatekeeper;
let settings: Record<string, string>;

beforeAll(async () => {
  deployment = await TestDeployment.start();
  gatekeeper = await Gatekeeper.start();
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = join(gatekeeper.folder, 'jwks.json');
  await writeFile(
    file,
    JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'user-1' }] }),
  );
  settings = {
    ...(await gatekeeper.writeProfile()),
    CAUSEWAY_IDENTIFIER_HMAC_KEY: hmacKey.toString('base64'),
    CAUSEWAY_JWKS_FILE: file,
    CAUSEWAY_PUBLIC_URL: publicUrl,
  };
});
afterAll(async () => {
  await deployment.stop();
  await gatekeeper.stop();
});

const token = () => gatekeeper.token(Date.now());
async function push(service: RunningService, to: unknown, bearer = token(), name = 'simulator') {
  const answer = await fetch(`${service.url}/${name}/push`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ to }),
  });
  return { status: answer.status, text: await answer.text() };
}

describe('a pod that starts while every engine is down', () => {
  it.each([
    [
      'Kafka and Redis',
      { CAUSEWAY_EVENTS_URL: 'kafka://127.0.0.1:1', CAUSEWAY_COORDINATION_URL: 'redis://127.0.0.1:1' },
    ],
    ['the log in PostgreSQL', {}],
  ])('serves the keys of our tokens all the same, and stays in rotation (%s)', async (_what, engines) => {
    const databaseUrl = 'postgres://nobody:nothing@127.0.0.1:1/nowhere';
    const env = deployment.env('webhooks', { databaseUrl }, { ...settings, ...engines });
    const service = await startService(webhooksService, { ...deployment, env });
    const answer = await fetch(`${service.url}${JWKS_PATH}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ keys: [{ kid: 'user-1', kty: 'RSA' }] });
    const again = await fetch(`${service.url}${JWKS_PATH}`, {
      headers: { 'if-none-match': String(answer.headers.get('etag')) },
    });
    expect(again.status).toBe(304);
    const discovery = await fetch(`${service.url}${DISCOVERY_PATH}`);
    expect(await discovery.json()).toMatchObject({ issuer: publicUrl, jwks_uri: `${publicUrl}${JWKS_PATH}` });
    expect((await fetch(`${service.url}/ready`)).status).toBe(200);
    expect(await push(service, 'alice@example.org')).toMatchObject({ status: 503 });
    await service.drain();
  });
});

describeWithEngine('postgres', 'push calls', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let bus: EventBus;
  let service: RunningService;
  const wakes: PushEvent[] = [];

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    admin = Postgres.connect(database.url, {
      poolSize: 3,
      applicationName: 'test',
      statementTimeoutMs: 5_000,
    });
    await migrateEventLog(admin);
    const [logger, metrics] = [createLogger({ service: 'test', level: 'silent' }), createMetrics('test')];
    bus = openEventBus('postgres:', { clientId: 'test', partitions: 2, postgres: admin, logger, metrics });
    await bus.subscribe({
      topic: pushTopic,
      group: 'test',
      mode: 'shared',
      retry: { attempts: 1, backoffMs: 1 },
      onPoison: 'dead-letter',
      handle: async ({ data }) => void wakes.push(data),
    });
    const env = deployment.env('webhooks', { databaseUrl: database.url }, settings);
    service = await startService(webhooksService, { ...deployment, env });
  });
  afterAll(async () => {
    await service.drain();
    await bus.close();
    await admin.close();
    await database.drop();
  });

  const enlist = (identifier: string, state?: string) =>
    enlistWith(admin, createHmac('sha256', hmacKey).update(identifier).digest(), state);
  const wakesOf = (deviceId: string) => wakes.filter((wake) => wake.deviceId === deviceId).length;
  async function unresolved(): Promise<number> {
    const rows = await admin.query(sql`select 1 from webhooks.push_deliveries`);
    return rows.length;
  }

  it('invariant 9: the answer does not tell whether an identifier exists', async () => {
    const deviceId = await enlist('alice@example.org');
    const answers = [];
    for (const to of ['alice@example.org', 'nobody@example.org', 'no canonical form', '+4915550001']) {
      answers.push(await push(service, to));
    }
    expect(answers).toEqual(Array.from({ length: 4 }, () => ({ status: 200, text: '' })));
    await eventually(() => expect(wakesOf(deviceId)).toBe(1));
  });

  it('knows an identifier in whatever form it comes', async () => {
    const deviceId = await enlist('forms@example.org');
    await push(service, ' FORMS@Example.ORG ');
    await eventually(() => expect(wakesOf(deviceId)).toBe(1));
  });

  it('invariant 9: replaying a call is harmless: within 5 seconds many make two wakes at most', async () => {
    const deviceId = await enlist('replay@example.org');
    const same = token();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => push(service, 'replay@example.org', same)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await eventually(() => expect(wakesOf(deviceId)).toBeGreaterThan(0));
    await eventually(async () => expect(await unresolved()).toBe(0), { deadlineMs: 15_000 });
    await eventually(() => expect(wakesOf(deviceId)).toBeLessThanOrEqual(2));
  });

  it('a call that comes soon after another is not lost: it makes a wake when 5 seconds are over', async () => {
    const deviceId = await enlist('again@example.org');
    await push(service, 'again@example.org');
    await eventually(() => expect(wakesOf(deviceId)).toBe(1));
    await push(service, 'again@example.org');
    await eventually(async () => expect(await unresolved()).toBe(0), { deadlineMs: 15_000 });
    await eventually(() => expect(wakesOf(deviceId)).toBe(2));
    const [first, second] = wakes.filter((wake) => wake.deviceId === deviceId);
    expect(second?.requestedAt).toBeGreaterThan(first?.requestedAt ?? Infinity);
  });

  it.each(['suspended', 'deleting', 'consented'])('wakes nobody whose opt-in is %s', async (state) => {
    const deviceId = await enlist(`${state}@example.org`, state);
    expect(await push(service, `${state}@example.org`)).toEqual({ status: 200, text: '' });
    await eventually(async () => expect(await unresolved()).toBe(0));
    expect(wakesOf(deviceId)).toBe(0);
  });

  it('refuses what it does not believe, and records nothing of it', async () => {
    await eventually(async () => expect(await unresolved()).toBe(0), { deadlineMs: 15_000 });
    expect(await push(service, 'alice@example.org', 'forged')).toMatchObject({ status: 401 });
    expect(await push(service, 'alice@example.org', token(), 'unheard-of')).toMatchObject({ status: 404 });
    expect(await push(service, '')).toMatchObject({ status: 400 });
    expect(await push(service, 'x'.repeat(321))).toMatchObject({ status: 400 });
    expect(await unresolved()).toBe(0);
  });

  it('invariant 13: no identifier stands in a log or in the table', async () => {
    await push(service, 'planted-secret@example.org');
    expect(deployment.logs()).not.toContain('planted-secret');
    const rows = await admin.query(sql`
      select t::text as row from webhooks.push_deliveries t
      union all select r::text from webhooks.push_resolutions r`);
    expect(JSON.stringify(rows)).not.toContain('planted-secret');
  });

  it('keeps nothing of a call that is resolved, but that its identifier was called about, for a minute', async () => {
    const hmac = createHmac('sha256', hmacKey).update('short@example.org').digest();
    await push(service, 'short@example.org');
    await eventually(async () => expect(await unresolved()).toBe(0));
    const kept = () =>
      admin.query(sql`select 1 from webhooks.push_resolutions where identifier_hmac = ${hmac}`);
    expect(await kept()).toHaveLength(1);
    await admin.transaction((tx) => resolutionsSweep.batch(tx));
    expect(await kept()).toHaveLength(1);
    await admin.query(sql`update webhooks.push_resolutions set resolved_at = now() - interval '61 seconds'
      where identifier_hmac = ${hmac}`);
    expect(await admin.transaction((tx) => resolutionsSweep.batch(tx))).toMatchObject({ expired: 1 });
    expect(await kept()).toEqual([]);
  });

  it('gives up calls that could not be resolved for a week, and counts them', async () => {
    const swept = await admin.transaction(async (tx) => {
      // In the sweep's own transaction: nobody resolves them before it comes.
      await tx.query(sql`
        insert into webhooks.push_deliveries (gatekeeper, identifier_hmac, received_at)
        values ('missed', ${randomBytes(32)}, now() - interval '8 days'),
               ('recent', ${randomBytes(32)}, now() - interval '6 days')`);
      const counts = await waitingCallsSweep.batch(tx);
      const rows = await tx.query(sql`
        delete from webhooks.push_deliveries where gatekeeper in ('missed', 'recent') returning gatekeeper`);
      return { counts, rows };
    });
    expect(swept).toEqual({ counts: { unresolved: 1 }, rows: [{ gatekeeper: 'recent' }] });
  });
});
