import { randomUUID } from 'node:crypto';
import { TokenResponse } from '@causeway/contracts/accounts';
import { sql, type Postgres, type Sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

/** A whole minute of a device's tokens. */
const RATE = 20;

describeWithEngine('postgres', 'attacks on the minting of tokens', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'), { profile: { token: { maxBytes: 900 } } });
  });
  afterAll(async () => {
    await world.stop();
    await postgres.close();
    await database.drop();
  });

  interface Ask {
    readonly as?: 'session' | 'fanout' | 'accounts';
    readonly sessionKey?: string;
    readonly purpose?: string;
    readonly more?: object;
  }

  function ask(device: TestDevice, { as = 'session', sessionKey, purpose = 'login', more }: Ask = {}) {
    const body = { sessionKey: sessionKey ?? device.sessionKey, purpose, ...more };
    return world.as(as).request({ method: 'POST', path: '/internal/v1/tokens', body, schema: TokenResponse });
  }

  async function enlisted(user = new TestUser(world)): Promise<TestDevice> {
    const device = await user.registerDevice();
    expect((await device.optIn()).body.state).toBe('enlisted');
    await device.goOnline();
    expect(await ask(device)).toBeDefined();
    return device;
  }

  /** Whatever brought it about, and whether or not it can come about: rules of the database do not hold here. */
  const change = (what: (device: TestDevice) => Sql) => (device: TestDevice) =>
    postgres.transaction(async (tx) => {
      await tx.query(sql`set local session_replication_role = replica`);
      await tx.query(what(device));
    });
  const nothing = async () => undefined;
  const deniedIn = (state: string) => ({
    state,
    before: change(
      ({ id }) => sql`update accounts.opt_ins set state = ${state} where device_id = ${id}::uuid`,
    ),
  });

  it.each<{
    readonly attack: string;
    readonly before?: (device: TestDevice) => Promise<void>;
    readonly asking?: Ask;
    readonly status: number;
    readonly code: string;
  }>([
    { attack: 'another service asks', asking: { as: 'fanout' }, status: 403, code: 'forbidden' },
    { attack: 'accounts itself asks', asking: { as: 'accounts' }, status: 403, code: 'forbidden' },
    {
      attack: 'the device has gone offline',
      before: async (device) => {
        await world.coordination.presence.remove(device.sessionKey, await device.goOnline());
      },
      status: 403,
      code: 'token_denied',
    },
    {
      attack: 'for another gatekeeper',
      asking: { sessionKey: `${randomUUID()}.whatsapp` },
      status: 404,
      code: 'gatekeeper_unknown',
    },
    {
      attack: 'for a device that nobody has',
      asking: { sessionKey: `${randomUUID()}.simulator` },
      status: 403,
      code: 'token_denied',
    },
    {
      attack: 'the identifier is not the user’s any more',
      before: change(
        ({ userId }) =>
          sql`update accounts.identifiers set removed_at = now() where user_id = ${userId}::uuid`,
      ),
      status: 403,
      code: 'token_denied',
    },
    {
      attack: 'the device was removed',
      before: change(({ id }) => sql`update accounts.devices set removed_at = now() where id = ${id}::uuid`),
      status: 403,
      code: 'token_denied',
    },
    {
      attack: 'the user is suspended',
      before: change(
        ({ userId }) => sql`update accounts.users set state = 'suspended' where id = ${userId}::uuid`,
      ),
      status: 403,
      code: 'token_denied',
    },
    {
      attack: 'the user’s data key was destroyed',
      before: change(
        ({ userId }) => sql`update accounts.users set data_key_sealed = null where id = ${userId}::uuid`,
      ),
      status: 403,
      code: 'token_denied',
    },
    ...['consented', 'suspended', 'lapsed', 'deleted'].map((state) => ({
      attack: `the opt-in is ${state}`,
      ...deniedIn(state),
      status: 403,
      code: 'token_denied',
    })),
    {
      attack: 'to delete, while enlisted',
      asking: { purpose: 'deletion' },
      status: 403,
      code: 'token_denied',
    },
    { attack: 'to log in, while leaving', ...deniedIn('deleting'), status: 403, code: 'token_denied' },
    { attack: 'to enlist', asking: { purpose: 'enlistment' }, status: 400, code: 'invalid_request' },
    { attack: 'for everything', asking: { purpose: '*' }, status: 400, code: 'invalid_request' },
    {
      attack: 'with an identifier of its own choice',
      asking: { more: { sub: 'somebody@example.org' } },
      status: 400,
      code: 'invalid_request',
    },
    {
      attack: 'with 100 KB',
      asking: { more: { sub: 'x'.repeat(100_000) } },
      status: 413,
      code: 'payload_too_large',
    },
    {
      attack: 'over the rate',
      before: async (device) => {
        for (let given = 1; given < RATE; given++) await ask(device);
      },
      status: 429,
      code: 'rate_limited',
    },
  ])('gets no token when: $attack', async ({ before = nothing, asking, status, code }) => {
    const device = await enlisted();
    await before(device);
    await expect(ask(device, asking)).rejects.toMatchObject({ status, code });
  });

  it('gets none as a user, nor as nobody', async () => {
    const device = await enlisted();
    const body = JSON.stringify({ sessionKey: device.sessionKey, purpose: 'login' });
    expect(await device.user.call('POST', '/internal/v1/tokens', JSON.parse(body))).toMatchObject({
      status: 401,
    });
    for (const authorization of ['', 'Bearer', 'Bearer x.y.z', 'Basic c2Vzc2lvbjpzZXNzaW9u']) {
      const headers = { 'content-type': 'application/json', ...(authorization !== '' && { authorization }) };
      const { status } = await fetch(`${world.service.url}/internal/v1/tokens`, {
        method: 'POST',
        body,
        headers,
      });
      expect(status).toBe(401);
    }
  });

  it('gets none as a device: in proxy mode only session logs in', async () => {
    const device = await enlisted();
    const path = `/v1/devices/${device.id}/opt-ins/simulator/tokens`;
    expect(await device.user.call('POST', path, { purpose: 'login' })).toMatchObject({
      status: 403,
      body: { code: 'token_denied' },
    });
  });

  it('gets no token that is too long, whatever the identifier', async () => {
    const short = await enlisted();
    expect((await ask(short)).token.length).toBeLessThanOrEqual(900);
    const label = 'planted'.repeat(6);
    const device = await new TestUser(
      world,
      `${label}@${[label, label, label, label].join('.')}.example`,
    ).registerDevice();
    // The enlistment of such a user has failed by the same bound.
    await device.optIn();
    await change(
      ({ id }) => sql`update accounts.opt_ins set state = 'enlisted' where device_id = ${id}::uuid`,
    )(device);
    await change(
      ({ id }) => sql`update accounts.enlistments set account_number = 4711
        where opt_in_id = (select id from accounts.opt_ins where device_id = ${id}::uuid)`,
    )(device);
    await device.goOnline();
    await expect(ask(device)).rejects.toMatchObject({ status: 422, code: 'token_too_long' });
    expect(world.logs()).not.toContain(label);
  });
});
