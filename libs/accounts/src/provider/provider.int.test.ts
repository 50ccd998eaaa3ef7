import { randomUUID } from 'node:crypto';
import { revocationChannel } from '@causeway/coordination';
import { sql, type Postgres } from '@causeway/postgres';
import { findOptIn, revokedSince } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allRights, TestBackend } from '../fixtures/backend.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'the edge for the provider’s backend', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;
  let backend: TestBackend;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'));
    backend = new TestBackend(world);
  });
  afterAll(async () => {
    await world.stop();
    await postgres.close();
    await database.drop();
  });

  const reason = { reason: 'spam' };
  const identifier = { value: 'a@planted.example', method: 'link', provenAt: 1 };
  const region = { country: 'AT', observedAt: 1 };
  const table: readonly (readonly [string, string, unknown, string])[] = [
    ['PUT', '', { subject: 'x' }, 'write'],
    ['GET', '/ID', undefined, 'read'],
    ['GET', '/ID/opt-ins', undefined, 'read'],
    ['PUT', '/ID/suspension', reason, 'write'],
    ['DELETE', '/ID/suspension', undefined, 'write'],
    ['PUT', '/ID/identifiers/email', identifier, 'write'],
    ['DELETE', '/ID/identifiers/email', undefined, 'write'],
    ['PUT', '/ID/region', region, 'write'],
    ['PUT', '/ID/gatekeepers/simulator/mode', { mode: 'tunnel' }, 'write'],
    ['GET', '/ID/gatekeepers/simulator/mode', undefined, 'read'],
    ['DELETE', '/ID/gatekeepers/simulator/mode', undefined, 'write'],
    ['GET', '/ID/export', undefined, 'export'],
    ['PUT', '/ID/erasure', undefined, 'erase'],
    ['GET', '/ID/erasure', undefined, 'erase'],
  ];

  it.each(table)('%s %s is for who has the right, and for nobody else', async (method, path, body, right) => {
    const name = `causeway:users:${right}`;
    const address = path.replace('ID', randomUUID());
    const others = new TestBackend(world, [...allRights.filter((each) => each !== name), 'causeway:other']);
    expect(await others.call(method, address, body)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    const own = await new TestBackend(world, [name, 'openid']).call(method, address, body);
    expect(own.status).toBe(path === '' ? 200 : 404);
    const user = new TestUser(world);
    const asUser = await user.call(method, `/provider/v1/users${address}`, body as object | undefined);
    expect(asUser).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const nobody = await fetch(`${world.service.url}/provider/v1/users${address}`, { method });
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('is no way in for the backend as a user', async () => {
    const user = new TestUser(world);
    user.claims['scope'] = 'openid causeway:users:read';
    expect(await user.call('GET', '/v1/devices')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('knows a user by the subject of her tokens, whoever comes first', async () => {
    const user = new TestUser(world);
    const { status, body } = await backend.call('PUT', '', { subject: user.subject });
    expect(status).toBe(200);
    expect((await user.registerDevice()).userId).toBe(body['userId']);
    expect((await backend.call('PUT', '', { subject: user.subject })).body).toEqual(body);
    expect((await backend.call('GET', `/${String(body['userId'])}`)).body).toEqual(body);
  });

  it('suspends a user at once, tells it and says so in the audit log, and lets her in again', async () => {
    const device = await new TestUser(world).registerDevice();
    await device.optIn();
    const heard: string[] = [];
    await world.coordination.signals.subscribe(revocationChannel, (payload) => heard.push(payload));
    const { epoch } = await revokedSince(postgres, undefined, 10);
    const path = `/${device.userId}/suspension`;
    expect((await backend.call('PUT', path, reason)).status).toBe(204);
    expect((await backend.call('PUT', path, reason)).status).toBe(204);
    const suspended = { userState: 'suspended', optInState: 'suspended' };
    expect(await findOptIn(postgres, device.id, 'simulator')).toMatchObject(suspended);
    expect(await revokedSince(postgres, epoch, 10)).toMatchObject({ deviceIds: [device.id] });
    await eventually(() => expect(heard.length).toBeGreaterThan(0));
    expect((await device.optIn()).body.code).toBe('user_suspended');
    expect((await backend.call('GET', `/${device.userId}/opt-ins`)).body).toEqual({
      optIns: [expect.objectContaining({ state: 'suspended', deviceId: device.id, gatekeeper: 'simulator' })],
    });
    expect((await backend.call('DELETE', path)).status).toBe(204);
    const active = { userState: 'active', optInState: 'enlisted' };
    expect(await findOptIn(postgres, device.id, 'simulator')).toMatchObject(active);
    const log = await postgres.query(sql`
      select actor, action, reason, length(client) as client from accounts.audit_log
      where user_id = ${device.userId}::uuid order by at`);
    expect(log).toEqual([
      { actor: 'provider', action: 'user.suspended', reason: 'spam', client: 16 },
      { actor: 'provider', action: 'user.reinstated', reason: null, client: 16 },
    ]);
  });

  it.each([
    ['PUT', '', {}],
    ['PUT', '', { subject: 'x'.repeat(256) }],
    ['PUT', `/${randomUUID()}/suspension`, { reason: 'No Word' }],
    ['PUT', `/${randomUUID()}/region`, { country: 'at', observedAt: 1 }],
    ['PUT', `/${randomUUID()}/region`, { country: 'AT', observedAt: 1, address: '192.0.2.1' }],
    ['GET', '/no-uuid', undefined],
    ['PUT', `/${randomUUID()}/identifiers/face`, identifier],
  ])('%s %s with %j is refused by its form', async (method, path, body) => {
    const answer = await backend.call(method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.text).not.toMatch(/192\.0\.2\.1|planted/);
  });

  it('is not begun with certificates that no connection is asked for', async () => {
    const env = { CAUSEWAY_PROVIDER_CERTIFICATES: 'a'.repeat(43) };
    await expect(startWorld(database.urlFor('accounts'), { env })).rejects.toThrow(
      /CAUSEWAY_MUTUAL_TLS=true/,
    );
  });

  it('takes no more than its body may hold', async () => {
    const body = { ...identifier, value: 'a'.repeat(102_400) };
    const answer = await backend.call('PUT', `/${randomUUID()}/identifiers/email`, body);
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
  });
});
