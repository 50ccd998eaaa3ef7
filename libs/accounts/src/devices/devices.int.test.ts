import { randomUUID } from 'node:crypto';
import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
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
