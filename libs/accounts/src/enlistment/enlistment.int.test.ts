import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { StubAnswer } from '../fixtures/http-stub.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'enlistment', (postgresUrl) => {
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
  beforeEach(() => {
    world.gatekeeper.instead = () => undefined;
  });

  const newDevice = () => new TestUser(world).registerDevice();
  const patient = { deadlineMs: 15_000 };

  async function enlistment(device: TestDevice) {
    const [row] = await postgres.query<{ account_number: string | null; attempts: number; due: string }>(sql`
      select e.account_number, e.attempts, e.next_attempt_at::text as due from accounts.enlistments e
      join accounts.opt_ins o on o.id = e.opt_in_id where o.device_id = ${device.id}::uuid`);
    return row;
  }

  it('reports a refusal with its reason, and tries again only when it is asked to', async () => {
    const device = await newDevice();
    world.gatekeeper.instead = () => ({ status: 200, body: { reason: 'bad_integrator', status: 'fail' } });
    expect(await device.optIn()).toMatchObject({ status: 502, body: { code: 'enlistment_refused' } });
    expect((await device.state()).body).toMatchObject({
      state: 'consented',
      lastErrorCode: 'bad_integrator',
    });
    expect((await enlistment(device))?.due).toBe('infinity');
    world.gatekeeper.instead = () => undefined;
    expect(await device.optIn()).toMatchObject({ status: 200, body: { state: 'enlisted' } });
    expect((await device.state()).body['lastErrorCode']).toBeUndefined();
  });

  it('is over at once when consent is withdrawn after a refusal', async () => {
    const device = await newDevice();
    world.gatekeeper.instead = () => ({ status: 200, body: { reason: 'bad_param', status: 'fail' } });
    await device.optIn();
    expect((await device.optOut()).body.state).toBe('deleted');
    const rows = await postgres.query(
      sql`select 1 from accounts.identifiers where user_id = ${device.userId}::uuid and removed_at is null`,
    );
    expect(rows).toEqual([]);
  });

  it.each<[string, StubAnswer]>([
    ['breaks off', 'cut'],
    ['fails', { status: 500, body: {} }],
    ['answers with something else', { status: 200, body: '<html>' }],
    ['answers beyond measure', { status: 200, body: 'x'.repeat(10_000) }],
    ['sends us elsewhere', { status: 302, body: {} }],
  ])('goes on by itself when the gatekeeper %s', async (_name, fault) => {
    const device = await newDevice();
    let asked = 0;
    world.gatekeeper.instead = () => (asked++ === 0 ? fault : undefined);
    expect(await device.optIn()).toMatchObject({
      status: 200,
      body: { state: 'enlisting', lastErrorCode: 'enlistment_unreachable' },
    });
    await eventually(async () => expect((await device.state()).body.state).toBe('enlisted'), patient);
    expect(asked).toBe(2);
  });

  it('goes on when the gatekeeper has answered and our commit fails, under the same number', async () => {
    const device = await newDevice();
    const broken = sql.raw(
      'alter table accounts.enlistments add constraint broken check (account_number is null) not valid',
    );
    await postgres.query(broken);
    expect((await device.optIn()).status).toBe(500);
    expect((await device.state()).body.state).toBe('enlisting');
    await postgres.query(sql`alter table accounts.enlistments drop constraint broken`);
    // As if the claim of the attempt that broke off had ended.
    await postgres.query(sql`
      update accounts.enlistments set next_attempt_at = now()
      where opt_in_id = (select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
    await eventually(async () => expect((await device.state()).body.state).toBe('enlisted'), patient);
    expect(world.gatekeeper.formsOf(device.user.identifier)).toHaveLength(2);
    expect((await enlistment(device))?.account_number).toBe(
      world.gatekeeper.numberOf(device.user.identifier),
    );
  });

  it('invariant 7: waits while the user is suspended', async () => {
    const device = await newDevice();
    let asked = 0;
    world.gatekeeper.instead = () => (asked++ === 0 ? 'cut' : undefined);
    await device.optIn();
    await postgres.query(
      sql`update accounts.users set state = 'suspended' where id = ${device.userId}::uuid`,
    );
    // The second claim shows that the attempt of the first is over.
    for (const attempts of [2, 3]) {
      await postgres.query(sql`
        update accounts.enlistments set next_attempt_at = now()
        where opt_in_id = (select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
      await eventually(async () => {
        const [row] = await postgres.query<{ attempts: number }>(sql`
          select attempts from accounts.enlistments
          where opt_in_id = (select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
        expect(row?.attempts).toBe(attempts);
      }, patient);
    }
    expect(asked).toBe(1);
    await postgres.query(sql`
      with active as (update accounts.users set state = 'active' where id = ${device.userId}::uuid)
      update accounts.enlistments set next_attempt_at = now()
      where opt_in_id = (select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
    await eventually(async () => expect((await device.state()).body.state).toBe('enlisted'), patient);
  });

  it('gives up after the last attempt', async () => {
    const device = await newDevice();
    world.gatekeeper.instead = () => 'cut';
    await device.optIn();
    await postgres.query(sql`
      update accounts.enlistments set attempts = 23, next_attempt_at = now()
      where opt_in_id = (select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
    await eventually(
      async () =>
        expect((await device.state()).body).toMatchObject({
          state: 'consented',
          lastErrorCode: 'enlistment_unreachable',
        }),
      patient,
    );
  });

  it('keeps the number of a user who withdrew while she was being taken in: it is what to delete', async () => {
    const device = await newDevice();
    const arrived = Promise.withResolvers<void>();
    const withdrawn = Promise.withResolvers<undefined>();
    world.gatekeeper.instead = async () => {
      arrived.resolve();
      return withdrawn.promise;
    };
    const optIn = device.optIn();
    await arrived.promise;
    expect((await device.optOut()).body.state).toBe('deleting');
    withdrawn.resolve(undefined);
    expect((await optIn).body.state).toBe('deleting');
    expect((await enlistment(device))?.account_number).toMatch(/^\d+$/);
  });

  it('does not ask for a user who withdrew before there was an answer', async () => {
    const device = await newDevice();
    world.gatekeeper.instead = () => 'cut';
    await device.optIn();
    await device.optOut();
    const asked = world.gatekeeper.formsOf(device.user.identifier).length;
    // Another user's enlistment is due later and done: the sweep has been here.
    const other = await newDevice();
    world.gatekeeper.instead = (_form, who) =>
      who === other.user.identifier && world.gatekeeper.formsOf(who).length > 1 ? undefined : 'cut';
    await other.optIn();
    await eventually(async () => expect((await other.state()).body.state).toBe('enlisted'), patient);
    expect(world.gatekeeper.formsOf(device.user.identifier)).toHaveLength(asked);
    expect((await device.state()).body.state).toBe('deleting');
  });
});
