import { randomUUID } from 'node:crypto';
import { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { sessionTopic } from '@causeway/contracts/session';
import { openEventBus, type EventBus } from '@causeway/events';
import { Postgres, sql } from '@causeway/postgres';
import { SealingError } from '@causeway/sealing';
import { keyWrapOf } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TestBackend } from '../fixtures/backend.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';
import { identifierContext } from '../identifiers/identifiers.store.js';
import { UserSeal } from '../users/user-seal.js';

const stores = ['accounts', 'fanout', 'keys', 'media', 'session', 'webhooks'];
const waitMs = { deadlineMs: 25_000 };

describeWithEngine('postgres', 'erasure of a user', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;
  let bus: EventBus;
  let backend: TestBackend;
  const erasedAnswer = (operation: string) =>
    operation.startsWith('erase') ? { erased: true } : { records: [] };

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'));
    backend = new TestBackend(world);
    const logger = createLogger({ service: 'test', level: 'silent' });
    bus = openEventBus('postgres:', {
      clientId: 'test',
      partitions: 2,
      postgres,
      logger,
      metrics: createMetrics('test'),
    });
  });
  afterAll(async () => {
    await bus.close();
    await world.stop();
    await postgres.close();
    await database.drop();
  });
  beforeEach(() => {
    world.neighbours.personalData = erasedAnswer;
    world.neighbours.asked.length = 0;
  });

  const receipt = async (device: TestDevice) => (await backend.call('GET', `/${device.userId}/erasure`)).body;
  const confirmDeletion = (device: TestDevice) =>
    bus.publish(sessionTopic, [
      {
        data: {
          type: 'deletion.confirmed' as const,
          userId: UserId.parse(device.userId),
          deviceId: DeviceId.parse(device.id),
          gatekeeper: GatekeeperId.parse('simulator'),
        },
      },
    ]);
  const due = (device: TestDevice) =>
    postgres.query(
      sql`update accounts.erasures set next_attempt_at = now() where user_id = ${device.userId}::uuid and completed_at is null`,
    );

  /** Every row of every table of accounts, as a dump would hold it; of revocations a day's device ids are left. */
  async function dump(): Promise<string> {
    const tables = await postgres.query<{ name: string }>(sql`
      select table_name as name from information_schema.tables
      where table_schema = 'accounts' and table_type = 'BASE TABLE' and table_name not in ('outbox', 'inbox', 'revocations')`);
    const rows = await Promise.all(
      tables.map(({ name }) =>
        postgres.query(sql`select to_jsonb(t) as row from ${sql.ident('accounts', name)} t`),
      ),
    );
    return JSON.stringify(rows);
  }

  it('leaves the gatekeeper, empties every store, and leaves nothing that opens', async () => {
    const device = await new TestUser(world).registerDevice();
    await device.optIn();
    const [before] = await postgres.query<{
      id: string;
      value_sealed: Buffer;
      value_hmac: Buffer;
      data_key_sealed: Buffer;
      subject_hash: Buffer;
    }>(sql`
      select i.id, i.value_sealed, i.value_hmac, u.data_key_sealed, u.subject_hash
      from accounts.identifiers i join accounts.users u on u.id = i.user_id where u.id = ${device.userId}::uuid`);
    const keyWrap = keyWrapOf(world.wrappingRing);
    const seal = await UserSeal.open(keyWrap, device.userId, before?.data_key_sealed ?? null);
    const context = identifierContext(before?.id ?? '');
    expect(seal.open(context, before?.value_sealed ?? Buffer.alloc(0))).toBe(device.user.identifier);
    const asked = await backend.call('PUT', `/${device.userId}/erasure`);
    expect(asked).toMatchObject({ status: 202, body: { state: 'running', requestedBy: 'provider' } });
    expect(asked.body['waitingFor']).toContain('gatekeeper simulator');
    expect((await device.state()).body.state).toBe('deleting');
    expect((await device.optIn()).body.code).toBe('user_suspended');
    expect((await backend.call('DELETE', `/${device.userId}/suspension`)).body.code).toBe('erasure_running');

    // All but the key with which the deletion is asked for goes at once.
    await eventually(async () => expect((await receipt(device))['stores']).toHaveLength(4), waitMs);
    expect(world.neighbours.asked.map(({ audience }) => audience)).not.toContain('session');
    expect(world.neighbours.asked[0]?.subject).toEqual({
      userId: device.userId,
      deviceIds: [device.id],
      sessionKeys: [device.sessionKey],
      identifierHashes: [before?.value_hmac.toString('base64')],
      gatekeepers: ['simulator'],
    });

    await confirmDeletion(device);
    await eventually(async () => {
      await due(device);
      expect((await receipt(device))['state']).toBe('done');
    }, waitMs);
    const done = await receipt(device);
    expect((done['stores'] as { store: string }[]).map(({ store }) => store)).toEqual(stores);
    expect(done).toMatchObject({
      waitingFor: [],
      completedAt: expect.any(Number),
      logsGoneBy: expect.any(Number),
    });

    const text = await dump();
    for (const trace of [
      before?.value_hmac,
      before?.value_sealed,
      before?.data_key_sealed,
      before?.subject_hash,
    ]) {
      expect(text).not.toContain(trace?.toString('hex') ?? 'none');
    }
    for (const trace of [device.id, 'Planted phone', device.user.identifier])
      expect(text).not.toContain(trace);
    // What a backup still holds of the sealed columns is worth nothing without the key that is gone.
    const [left] = await postgres.query<{ state: string; data_key_sealed: Buffer | null }>(sql`
      select state, data_key_sealed from accounts.users where id = ${device.userId}::uuid`);
    expect(left).toEqual({ state: 'erased', data_key_sealed: null });
    await expect(UserSeal.open(keyWrap, device.userId, left?.data_key_sealed ?? null)).rejects.toThrow(
      SealingError,
    );
    expect((await backend.call('GET', `/${device.userId}/export`)).body.code).toBe('user_unknown');
    expect((await backend.call('PUT', `/${device.userId}/suspension`, { reason: 'x' })).body.code).toBe(
      'user_unknown',
    );
    // The same person may begin anew, as somebody else.
    expect((await device.user.registerDevice()).userId).not.toBe(device.userId);
  });

  it('goes on where it was broken off: a store that is down, one that is not done, a claim that ended', async () => {
    const device = await new TestUser(world).registerDevice();
    let removing = 2;
    world.neighbours.personalData = (operation) => {
      if (operation === 'erase keys' && removing > 1) return 'cut';
      if (operation === 'erase media' && removing-- > 0) return { erased: false };
      return erasedAnswer(operation);
    };
    await backend.call('PUT', `/${device.userId}/erasure`);
    await eventually(async () => expect((await receipt(device))['stores']).toHaveLength(3), waitMs);
    expect(await receipt(device)).toMatchObject({
      state: 'running',
      waitingFor: ['accounts', 'keys', 'media'],
    });
    await eventually(async () => {
      await due(device);
      expect((await receipt(device))['state']).toBe('done');
    }, waitMs);
    expect((await receipt(device))['stores']).toHaveLength(6);
  });

  it('is the user’s own to ask for, after a recent sign-in', async () => {
    const device = await new TestUser(world).registerDevice();
    expect(await device.user.call('DELETE', '/v1/account')).toMatchObject({
      status: 401,
      body: { code: 'insufficient_user_authentication' },
    });
    device.user.claims['auth_time'] = Math.floor(Date.now() / 1_000);
    expect(await device.user.call('DELETE', '/v1/account')).toMatchObject({
      status: 202,
      body: { requestedBy: 'user', userId: device.userId },
    });
    await eventually(async () => expect((await receipt(device))['state']).toBe('done'), waitMs);
    expect((await device.user.call('DELETE', '/v1/account')).body.code).toBe('user_unknown');
  });

  it('knows nobody who was never asked about', async () => {
    expect((await backend.call('GET', `/${randomUUID()}/erasure`)).body.code).toBe('erasure_unknown');
    expect((await backend.call('PUT', `/${randomUUID()}/erasure`)).body.code).toBe('user_unknown');
  });

  it('cannot be rewritten, nor can what was done to an account', async () => {
    const options = { poolSize: 1, applicationName: 'test', statementTimeoutMs: 5_000 };
    const asAccounts = Postgres.connect(database.urlFor('accounts'), options);
    try {
      await expect(asAccounts.query(sql`update accounts.audit_log set action = 'x'`)).rejects.toMatchObject({
        code: 'permission_denied',
      });
    } finally {
      await asAccounts.close();
    }
  });
});
