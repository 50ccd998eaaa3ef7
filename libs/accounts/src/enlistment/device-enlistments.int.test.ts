import { randomBytes } from 'node:crypto';
import { sql, type Postgres } from '@causeway/postgres';
import { findOptIn } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { calculateJwkThumbprint } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

const modes = ['tunnel', 'direct'] as const;

describeWithEngine('postgres', 'a device that enlists itself', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'));
  });
  afterAll(async () => {
    await world.stop();
    await postgres.close();
    await database.drop();
  });

  const noiseKey = randomBytes(32);
  const connection = (mode: string = 'direct') => ({ mode, noisePublicKey: noiseKey.toString('base64') });
  const path = (device: TestDevice) => `/v1/devices/${device.id}/opt-ins/simulator/enlistment`;
  const askToken = (device: TestDevice) => device.user.call('POST', path(device));
  const report = (device: TestDevice, answer: object) => device.user.call('PUT', path(device), answer);

  async function enlisting(mode: string = 'direct'): Promise<TestDevice> {
    const device = await new TestUser(world).registerDevice();
    expect((await device.optIn({ connection: connection(mode) })).body.state).toBe('enlisting');
    return device;
  }

  /** Posts the gatekeeper's form as the device does. @returns the gatekeeper's answer */
  async function enlistAtGatekeeper(device: TestDevice): Promise<object> {
    const { body } = await askToken(device);
    const form = new URLSearchParams({ token: String(body['token']) });
    const answer = await fetch(String(body['url']), { method: 'POST', body: form });
    return (await answer.json()) as object;
  }

  it.each(modes)('is given a token, posts the form, and reports the login (%s)', async (mode) => {
    const device = await enlisting(mode);
    const { status, body } = await askToken(device);
    expect(status).toBe(200);
    const claims = JSON.parse(
      Buffer.from(String(body['token']).split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<string, unknown>;
    expect(claims).toMatchObject({
      sub: device.user.identifier,
      cnf: {
        jkt: await calculateJwkThumbprint({ kty: 'OKP', crv: 'X25519', x: noiseKey.toString('base64url') }),
      },
    });
    expect(world.gatekeeper.formsOf(device.user.identifier)).toEqual([]);
    const answer = await enlistAtGatekeeper(device);
    expect(await report(device, answer)).toMatchObject({ status: 200, body: { state: 'enlisted' } });
    expect(await report(device, answer)).toMatchObject({ status: 200, body: { state: 'enlisted' } });
    expect(await findOptIn(postgres, device.id, 'simulator')).toMatchObject({ optInState: 'enlisted', mode });
    expect(world.gatekeeper.formsOf(device.user.identifier)).toHaveLength(1);
    const [log] = await postgres.query<{ actor: string }>(sql`
      select actor from accounts.consent_log where user_id = ${device.userId}::uuid and action = 'accepted'`);
    expect(log?.actor).toBe('user');
  });

  it('invariant 7: gets no token when its user was suspended meanwhile', async () => {
    const device = await enlisting();
    await postgres.query(
      sql`update accounts.users set state = 'suspended' where id = ${device.userId}::uuid`,
    );
    expect(await askToken(device)).toMatchObject({ status: 403, body: { code: 'token_denied' } });
  });

  it('gets no token through the session service', async () => {
    const device = await enlisting();
    await report(device, await enlistAtGatekeeper(device));
    await device.goOnline();
    const answer = world.as('session').request({
      method: 'POST',
      path: '/internal/v1/tokens',
      body: { sessionKey: device.sessionKey, purpose: 'login' },
      schema: undefined as never,
    });
    await expect(answer).rejects.toMatchObject({ code: 'token_denied' });
  });

  it.each([
    ['of another integrator', { status: 'ok', login: '8-4711@interop' }, 422, 'login_invalid'],
    ['that is none', { status: 'ok', login: 'x@interop' }, 422, 'login_invalid'],
    ['beyond the range', { status: 'ok', login: '7-9223372036854775808@interop' }, 422, 'login_invalid'],
    ['too long', { status: 'ok', login: `7-${'1'.repeat(80)}@interop` }, 400, 'invalid_request'],
    ['and more', { status: 'ok', login: '7-5@interop', more: 1 }, 400, 'invalid_request'],
    ['and no status', { login: '7-5@interop' }, 400, 'invalid_request'],
  ])('is not believed a login %s', async (_name, answer, status, code) => {
    const device = await enlisting();
    const got = await report(device, answer);
    expect([got.status, got.body.code]).toEqual([status, code]);
    expect((await device.state()).body.state).toBe('enlisting');
  });

  it('is not believed the login of another user', async () => {
    const [first, second] = [await enlisting(), await enlisting()];
    const answer = await enlistAtGatekeeper(first);
    await report(first, answer);
    expect(await report(second, answer)).toMatchObject({ status: 422, body: { code: 'login_invalid' } });
  });

  it('reports a refusal, and may try again', async () => {
    const device = await enlisting();
    const refused = { status: 'fail', reason: 'bad_integrator' };
    const expected = { status: 200, body: { state: 'consented', lastErrorCode: 'bad_integrator' } };
    expect(await report(device, refused)).toMatchObject(expected);
    expect(await report(device, refused)).toMatchObject(expected);
    expect((await device.optIn({ connection: connection() })).body.state).toBe('enlisting');
    expect((await report(device, await enlistAtGatekeeper(device))).body.state).toBe('enlisted');
  });

  it('that withdrew meanwhile stays leaving, with what is to be deleted', async () => {
    const device = await enlisting();
    const answer = await enlistAtGatekeeper(device);
    await device.optOut();
    expect((await report(device, answer)).body.state).toBe('deleting');
    const [row] = await postgres.query<{ account_number: string }>(sql`
      select account_number from accounts.enlistments e join accounts.opt_ins o on o.id = e.opt_in_id
      where o.device_id = ${device.id}::uuid`);
    expect(row?.account_number).toBe(world.gatekeeper.numberOf(device.user.identifier));
  });

  it('is expected only where it said so', async () => {
    const device = await new TestUser(world).registerDevice();
    await device.optIn();
    expect((await askToken(device)).body.code).toBe('enlistment_not_expected');
    expect((await report(device, { status: 'ok', login: '7-1@interop' })).body.code).toBe(
      'enlistment_not_expected',
    );
    const stranger = new TestUser(world);
    expect((await stranger.call('POST', path(device))).body.code).toBe('device_unknown');
    expect((await stranger.call('PUT', path(device), { status: 'fail', reason: 'x' })).body.code).toBe(
      'device_unknown',
    );
  });

  it('is given a bounded number of tokens', async () => {
    const device = await enlisting();
    const answers = await Promise.all(Array.from({ length: 6 }, () => askToken(device)));
    expect(answers.map(({ status }) => status).filter((status) => status === 429).length).toBeGreaterThan(0);
  });
});
