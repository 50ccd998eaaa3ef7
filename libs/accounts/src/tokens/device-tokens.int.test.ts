import { randomBytes } from 'node:crypto';
import { TokenResponse } from '@causeway/contracts/accounts';
import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type Answer, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'tokens of a device that logs in by itself', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'), { profile: { mode: 'direct' } });
  });
  afterAll(async () => {
    await world.stop();
    await postgres.close();
    await database.drop();
  });

  /** A device with an opt-in, however it came into its state. */
  async function deviceIn(state: string): Promise<TestDevice> {
    const device = await new TestUser(world).registerDevice();
    const noisePublicKey = randomBytes(32).toString('base64');
    await device.optIn({ connection: { mode: 'direct', noisePublicKey } });
    await postgres.transaction(async (tx) => {
      await tx.query(sql`set local session_replication_role = replica`);
      await tx.query(sql`
        insert into accounts.enlistments (opt_in_id, integrator, mode, noise_public_key, account_number)
        select id, 7, 'direct', decode(md5('a') || md5('b'), 'hex'), 4711 from accounts.opt_ins
        where device_id = ${device.id}::uuid
        on conflict (opt_in_id) do update set account_number = 4711`);
      await tx.query(sql`update accounts.opt_ins set state = ${state} where device_id = ${device.id}::uuid`);
    });
    return device;
  }

  function ask(device: TestDevice, request: object, as: TestUser = device.user): Promise<Answer> {
    return as.call('POST', `/v1/devices/${device.id}/opt-ins/simulator/tokens`, request);
  }

  it('are given to it, and not to session', async () => {
    const device = await deviceIn('enlisted');
    const { status, body } = await ask(device, { purpose: 'login' });
    expect([status, body]).toMatchObject([200, { integrator: 7, accountNumber: '4711' }]);
    const { payload } = await world.verifyToken(String(body['token']));
    expect(payload).toMatchObject({ sub: device.user.identifier, cnf: { jkt: expect.any(String) } });
    expect(body['expiresAt']).toBe((payload.exp ?? 0) * 1_000);
    await device.goOnline();
    const asSession = { sessionKey: device.sessionKey, purpose: 'login' };
    const path = '/internal/v1/tokens';
    await expect(
      world.as('session').request({ method: 'POST', path, body: asSession, schema: TokenResponse }),
    ).rejects.toMatchObject({ code: 'token_denied' });
  });

  it('are given for leaving while it leaves', async () => {
    const device = await deviceIn('deleting');
    const { body } = await ask(device, { purpose: 'deletion' });
    expect((await world.verifyToken(String(body['token']))).payload).toMatchObject({ purpose: 'deletion' });
  });

  it.each<[string, string, object, number, string]>([
    ['to log in before it is enlisted', 'enlisting', { purpose: 'login' }, 403, 'token_denied'],
    ['to enlist: that has its own route', 'enlisting', { purpose: 'enlistment' }, 400, 'invalid_request'],
    ['to log in while suspended', 'suspended', { purpose: 'login' }, 403, 'token_denied'],
    [
      'to log in with a key of its choice',
      'enlisted',
      { purpose: 'login', authKey: randomBytes(32).toString('base64') },
      400,
      'invalid_request',
    ],
  ])('are not given %s', async (_what, state, request, status, code) => {
    expect(await ask(await deviceIn(state), request)).toMatchObject({ status, body: { code } });
  });

  it('are not given to another user, nor over the rate', async () => {
    const device = await deviceIn('enlisted');
    expect(await ask(device, { purpose: 'login' }, new TestUser(world))).toMatchObject({
      status: 404,
      body: { code: 'device_unknown' },
    });
    for (let given = 0; given < 20; given++)
      expect((await ask(device, { purpose: 'login' })).status).toBe(200);
    expect(await ask(device, { purpose: 'login' })).toMatchObject({
      status: 429,
      body: { code: 'rate_limited' },
    });
  });
});
