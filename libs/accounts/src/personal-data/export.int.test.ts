import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TestBackend } from '../fixtures/backend.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

interface Document {
  readonly userId: string;
  readonly records: readonly { readonly table: string; readonly record: Record<string, unknown> }[];
  readonly stores: readonly { readonly store: string; readonly records: number }[];
}

describeWithEngine('postgres', 'export of what is kept about a user', (postgresUrl) => {
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
  beforeEach(() => {
    world.neighbours.personalData = () => ({ records: [] });
  });

  const audit = async (device: TestDevice) =>
    (
      await postgres.query<{ action: string }>(
        sql`select action from accounts.audit_log where user_id = ${device.userId}::uuid order by at`,
      )
    ).map(({ action }) => action);

  it('holds every record of every service, opens what is sealed, and lists the stores', async () => {
    const device = await new TestUser(world).registerDevice();
    await device.optIn();
    world.neighbours.personalData = (operation, _subject, cursor) =>
      operation === 'export keys'
        ? {
            records: [{ table: 'keys.prekeys', record: { key_id: cursor === undefined ? 1 : 2 } }],
            ...(cursor === undefined && { next: '0.1' }),
          }
        : { records: [] };
    const answer = await backend.call('GET', `/${device.userId}/export`);
    const document = answer.body as unknown as Document;
    expect(document.userId).toBe(device.userId);
    const of = (table: string) =>
      document.records.filter((each) => each.table === table).map(({ record }) => record);
    expect(of('keys.prekeys')).toEqual([{ key_id: 1 }, { key_id: 2 }]);
    expect(of('accounts.devices')).toMatchObject([{ id: device.id, name: 'Planted phone' }]);
    expect(of('accounts.identifiers')).toContainEqual(
      expect.objectContaining({ value: device.user.identifier }),
    );
    expect(of('accounts.consent_log')).toContainEqual(
      expect.objectContaining({ evidence: expect.objectContaining({ gatekeeper: 'simulator' }) }),
    );
    expect(of('accounts.users')).toEqual([expect.objectContaining({ id: device.userId, state: 'active' })]);
    expect(document.stores.map(({ store }) => store)).toEqual([
      'accounts',
      'keys',
      'session',
      'fanout',
      'media',
      'webhooks',
    ]);
    expect(document.stores[1]?.records).toBe(2);
    for (const hidden of ['data_key_sealed', 'value_sealed', 'evidence_sealed'])
      expect(answer.text).not.toContain(hidden);
    await eventually(async () => expect(await audit(device)).toEqual(['export.begun', 'export.completed']));
  });

  it('is cut off, not cut short, when a service does not answer', async () => {
    const device = await new TestUser(world).registerDevice();
    world.neighbours.personalData = (operation) => (operation === 'export media' ? 'cut' : { records: [] });
    await expect(backend.call('GET', `/${device.userId}/export`)).rejects.toThrow();
    await eventually(async () => expect(await audit(device)).toEqual(['export.begun', 'export.broken']));
  });

  it('runs as often at once as is allowed', async () => {
    const device = await new TestUser(world).registerDevice();
    const mayEnd = Promise.withResolvers<void>();
    const asked: Promise<unknown>[] = [];
    world.neighbours.personalDataGate = () => mayEnd.promise;
    for (let count = 0; count < 4; count++) asked.push(backend.call('GET', `/${device.userId}/export`));
    await eventually(async () => expect(await audit(device)).toHaveLength(4));
    expect((await backend.call('GET', `/${device.userId}/export`)).status).toBe(503);
    mayEnd.resolve();
    await Promise.all(asked);
    world.neighbours.personalDataGate = undefined;
    expect((await backend.call('GET', `/${device.userId}/export`)).status).toBe(200);
  });

  it('is the user’s own to ask for, after a recent sign-in', async () => {
    const device = await new TestUser(world).registerDevice();
    expect((await device.user.call('GET', '/v1/account/export')).body.code).toBe(
      'insufficient_user_authentication',
    );
    device.user.claims['auth_time'] = Math.floor(Date.now() / 1_000);
    expect((await device.user.call('GET', '/v1/account/export')).body).toMatchObject({
      userId: device.userId,
    });
  });
});
