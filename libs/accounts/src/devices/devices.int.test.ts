import { randomUUID } from 'node:crypto';
import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'devices', (postgresUrl) => {
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

  it('makes one user of registrations that come at once', async () => {
    const user = new TestUser(world);
    const devices = await Promise.all([1, 2, 3, 4, 5].map(() => user.registerDevice()));
    expect(new Set(devices.map(({ userId }) => userId)).size).toBe(1);
    const { body } = await user.call('GET', '/v1/devices');
    const listed = body['devices'] as { deviceId: string; name: string; createdAt: number }[];
    expect(listed.map(({ deviceId }) => deviceId).toSorted()).toEqual(devices.map(({ id }) => id).toSorted());
    expect(listed[0]).toMatchObject({ name: 'Planted phone', createdAt: expect.any(Number) });
  });

  it('removes a device, once, and forgets its name', async () => {
    const user = new TestUser(world);
    const device = await user.registerDevice();
    expect(await user.call('DELETE', `/v1/devices/${device.id}`)).toMatchObject({ status: 204 });
    expect(await user.call('DELETE', `/v1/devices/${device.id}`)).toMatchObject({
      status: 404,
      body: { code: 'device_unknown' },
    });
    expect((await user.call('GET', '/v1/devices')).body).toEqual({ devices: [] });
    const [row] = await postgres.query(sql`select name from accounts.devices where id = ${device.id}::uuid`);
    expect(row).toEqual({ name: null });
  });

  it('knows nobody of whom it was only asked', async () => {
    const before = await postgres.query(sql`select count(*) from accounts.users`);
    expect((await new TestUser(world).call('GET', '/v1/devices')).body).toEqual({ devices: [] });
    expect(await postgres.query(sql`select count(*) from accounts.users`)).toEqual(before);
  });

  it('does not show one user the device of another', async () => {
    const device = await new TestUser(world).registerDevice();
    const stranger = new TestUser(world);
    for (const id of [device.id, randomUUID()]) {
      expect((await stranger.call('DELETE', `/v1/devices/${id}`)).body.code).toBe('device_unknown');
      expect((await stranger.call('GET', `/v1/devices/${id}/opt-ins/simulator`)).body.code).toBe(
        'device_unknown',
      );
    }
  });

  it('invariant 5: replaces the interop device after a recent sign-in, and tells the old one', async () => {
    const user = new TestUser(world);
    const [old, next] = [await user.registerDevice(), await user.registerDevice()];
    await old.optIn();
    expect(await next.optIn()).toMatchObject({ status: 409, body: { code: 'opt_in_on_other_device' } });
    const replace = { replaceDevice: true };
    const nowSeconds = Math.floor(Date.now() / 1_000);
    for (const authTime of [undefined, nowSeconds - 301, nowSeconds + 3_600]) {
      user.claims['auth_time'] = authTime;
      const refused = await next.optIn(replace);
      expect(refused).toMatchObject({ status: 401, body: { code: 'insufficient_user_authentication' } });
      expect(refused.challenge).toMatch(/^Bearer error="insufficient_user_authentication", .*max_age="300"$/);
    }
    expect((await old.state()).body.state).toBe('enlisted');
    user.claims['auth_time'] = nowSeconds - 10;
    world.neighbours.withoutKeys.add(next.id);
    expect((await next.optIn(replace)).body.code).toBe('keys_not_published');
    expect((await old.state()).body.state).toBe('enlisted');
    world.neighbours.withoutKeys.delete(next.id);
    expect((await next.optIn(replace)).body.state).toBe('enlisted');
    expect((await next.optIn(replace)).body.state).toBe('enlisted');
    expect((await old.state()).body).toMatchObject({
      state: 'lapsed',
      lastErrorCode: 'interop_device_replaced',
    });
    const audit = sql`select actor, action from accounts.audit_log where user_id = ${old.userId}::uuid`;
    expect(await postgres.query(audit)).toEqual([{ actor: 'user', action: 'interop_device.replaced' }]);
    // The gatekeeper was told the keys of the new device under the same identifier, and not asked to delete.
    const keys = world.gatekeeper.formsOf(user.identifier).map((form) => form.get('authkey'));
    expect(new Set(keys).size).toBe(2);
    await eventually(async () => {
      const told = await postgres.query(sql`
        select payload::jsonb->>'deviceId' as device from eventlog.events where payload like '%opt-in.moved%'`);
      expect(told).toEqual([{ device: old.id }]);
    });
  });

  it('lets one of two new devices take the place of the old one', async () => {
    const user = new TestUser(world);
    const [old, ...others] = [
      await user.registerDevice(),
      await user.registerDevice(),
      await user.registerDevice(),
    ];
    await old?.optIn();
    user.claims['auth_time'] = Math.floor(Date.now() / 1_000);
    const answers = await Promise.all(others.map((device) => device.optIn({ replaceDevice: true })));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    const live = await postgres.query(sql`
      select 1 from accounts.opt_ins where user_id = ${old?.userId}::uuid and state = 'enlisted'`);
    expect(live).toHaveLength(1);
  });

  it('stops at the limit of devices', async () => {
    const user = new TestUser(world);
    const { userId } = await user.registerDevice();
    const more = sql`insert into accounts.devices (user_id) select ${userId}::uuid from generate_series(1, 9)`;
    await postgres.query(more);
    expect(await user.call('POST', '/v1/devices', {})).toMatchObject({
      status: 409,
      body: { code: 'device_limit_reached' },
    });
  });

  it.each(['POST', 'GET'])('lets nobody in without a token (%s)', async (method) => {
    const answer = await fetch(`${world.service.url}/v1/devices`, { method });
    expect(answer.status).toBe(401);
  });
});
