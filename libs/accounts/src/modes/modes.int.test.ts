import { randomBytes, randomUUID } from 'node:crypto';
import { sql, type Postgres } from '@causeway/postgres';
import { findOptIn, revokedSince } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestBackend } from '../fixtures/backend.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'the mode of one user', (postgresUrl) => {
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

  const newDevice = () => new TestUser(world).registerDevice();
  const path = (device: TestDevice) => `/${device.userId}/gatekeepers/simulator/mode`;
  const choose = (device: TestDevice, mode: string) => backend.call('PUT', path(device), { mode });
  const connection = (mode: string) => ({
    connection: { mode, noisePublicKey: randomBytes(32).toString('base64') },
  });

  it('is the profile’s until another is chosen, and again when that is taken back', async () => {
    const device = await newDevice();
    expect((await backend.call('GET', path(device))).body).toEqual({ mode: 'proxy', chosen: false });
    expect((await choose(device, 'tunnel')).body).toEqual({ mode: 'tunnel', chosen: true });
    expect((await choose(device, 'tunnel')).body).toEqual({ mode: 'tunnel', chosen: true });
    expect((await backend.call('GET', path(device))).body).toEqual({ mode: 'tunnel', chosen: true });
    expect((await backend.call('DELETE', path(device))).body).toEqual({ mode: 'proxy', chosen: false });
    const log = await postgres.query(sql`
      select actor, action, reason, length(client) as client from accounts.audit_log
      where user_id = ${device.userId}::uuid order by at`);
    expect(log).toEqual([
      { actor: 'provider', action: 'connection_mode.chosen', reason: 'tunnel', client: 16 },
      { actor: 'provider', action: 'connection_mode.reset', reason: null, client: 16 },
    ]);
  });

  it('is what her device must opt in with', async () => {
    const device = await newDevice();
    await choose(device, 'tunnel');
    expect(await device.optIn()).toMatchObject({
      status: 422,
      body: { code: 'noise_key_missing', fields: [{ path: 'connection.mode', problem: 'must be tunnel' }] },
    });
    expect(await device.optIn(connection('direct'))).toMatchObject({
      status: 422,
      body: {
        code: 'connection_mode_differs',
        fields: [{ path: 'connection.mode', problem: 'must be tunnel' }],
      },
    });
    expect((await device.optIn(connection('tunnel'))).body.state).toBe('enlisting');
    const other = await newDevice();
    await choose(other, 'proxy');
    expect((await other.optIn(connection('tunnel'))).body.code).toBe('connection_mode_differs');
    expect((await other.optIn()).body.state).toBe('enlisted');
  });

  it('ends what is enlisted in another, at once, and her device enlists again under the same account', async () => {
    const device = await newDevice();
    await device.optIn();
    const number = world.gatekeeper.numberOf(device.user.identifier);
    const { epoch } = await revokedSince(postgres, undefined, 10);
    expect((await choose(device, 'tunnel')).status).toBe(200);
    expect(await revokedSince(postgres, epoch, 10)).toMatchObject({ deviceIds: [device.id] });
    expect((await device.state()).body).toMatchObject({
      state: 'lapsed',
      lastErrorCode: 'connection_mode_changed',
    });
    const [log] = await postgres.query<{ actor: string }>(sql`
      select actor from accounts.consent_log where user_id = ${device.userId}::uuid and action = 'expired'`);
    expect(log?.actor).toBe('provider');
    await device.enlistItself('tunnel');
    expect(await findOptIn(postgres, device.id, 'simulator')).toMatchObject({
      optInState: 'enlisted',
      mode: 'tunnel',
      accountNumber: BigInt(number ?? 0),
    });
  });

  it('ends nothing that is in it already, nor by being taken back', async () => {
    const device = await (await newDevice()).enlistItself('tunnel');
    await choose(device, 'tunnel');
    await backend.call('DELETE', path(device));
    expect((await device.state()).body.state).toBe('enlisted');
  });

  it('waits while her device enlists in another, and leaves her alone who is leaving', async () => {
    const device = await newDevice();
    await device.optIn(connection('direct'));
    expect(await choose(device, 'tunnel')).toMatchObject({
      status: 409,
      body: { code: 'connection_mode_busy' },
    });
    expect((await backend.call('GET', path(device))).body).toEqual({ mode: 'proxy', chosen: false });
    const leaving = await newDevice();
    await leaving.optIn();
    await leaving.optOut();
    expect((await choose(leaving, 'tunnel')).status).toBe(200);
    expect((await leaving.state()).body.state).toBe('deleting');
  });

  it('is asked under the lock, so that an opt-in under way does not slip through', async () => {
    const device = await newDevice();
    const held = Promise.withResolvers<void>();
    const locked = postgres.transaction(async (tx) => {
      await tx.query(sql`select 1 from accounts.users where id = ${device.userId}::uuid for update`);
      await tx.query(sql`
        insert into accounts.mode_choices (user_id, gatekeeper, mode) values (${device.userId}, 'simulator', 'direct')`);
      await held.promise;
    });
    const opting = device.optIn();
    // It has looked, found no choice, and now waits for the lock.
    await eventually(async () =>
      expect(
        await postgres.query(sql`
          select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
      ).toHaveLength(1),
    );
    held.resolve();
    await locked;
    expect((await opting).body.code).toBe('noise_key_missing');
  });

  it.each([
    ['PUT', `/${randomUUID()}/gatekeepers/simulator/mode`, { mode: 'tunnel' }, 'user_unknown'],
    ['GET', `/${randomUUID()}/gatekeepers/simulator/mode`, undefined, 'user_unknown'],
    ['PUT', `/${randomUUID()}/gatekeepers/unheard-of/mode`, { mode: 'tunnel' }, 'gatekeeper_unknown'],
    ['PUT', `/${randomUUID()}/gatekeepers/simulator/mode`, { mode: 'carrier-pigeon' }, 'invalid_request'],
  ])('%s %s with %j is refused: %s', async (method, address, body, code) => {
    expect((await backend.call(method, address, body)).body.code).toBe(code);
  });

  it('is shown to her, and erased with her', async () => {
    const device = await newDevice();
    await choose(device, 'tunnel');
    const { text } = await backend.call('GET', `/${device.userId}/export`);
    expect(text).toContain('accounts.mode_choices');
  });
});
