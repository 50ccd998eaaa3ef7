import { randomBytes } from 'node:crypto';
import { TokenResponse } from '@causeway/contracts/accounts';
import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'a device that keeps its Noise key', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'), { profile: { noiseKeys: 'device' } });
  });
  afterAll(async () => {
    await world.stop();
    await postgres.close();
    await database.drop();
  });

  const named = () => randomBytes(32).toString('base64');
  const keyOfForm = (form: URLSearchParams | undefined) =>
    Buffer.from(form?.get('authkey') ?? '', 'base64url').toString('base64');

  it('names it when it opts in, and is enlisted with it by us', async () => {
    const device = await new TestUser(world).registerDevice();
    expect(await device.optIn()).toMatchObject({ status: 422, body: { code: 'noise_key_missing' } });
    const noisePublicKey = named();
    const { body } = await device.optIn({ connection: { mode: 'proxy', noisePublicKey } });
    expect(body.state).toBe('enlisted');
    const [form] = world.gatekeeper.formsOf(device.user.identifier);
    expect(keyOfForm(form)).toBe(noisePublicKey);
    expect(world.neighbours.noiseKeys.has(device.sessionKey)).toBe(false);
    await device.goOnline();
    const token = await world.as('session').request({
      method: 'POST',
      path: '/internal/v1/tokens',
      body: { sessionKey: device.sessionKey, purpose: 'login' },
      schema: TokenResponse,
    });
    expect(token.noisePublicKey).toBe(noisePublicKey);
  });

  it('is enlisted with the key that it named, also when the first attempt had no answer', async () => {
    const device = await new TestUser(world).registerDevice();
    const noisePublicKey = named();
    world.neighbours.withoutKeys.add(device.id);
    expect((await device.optIn({ connection: { mode: 'proxy', noisePublicKey } })).body.code).toBe(
      'keys_not_published',
    );
    world.neighbours.withoutKeys.delete(device.id);
    world.gatekeeper.instead = () => 'cut';
    await device.optIn({ connection: { mode: 'proxy', noisePublicKey } });
    world.gatekeeper.instead = () => undefined;
    await postgres.query(sql`
      update accounts.enlistments set next_attempt_at = now() where opt_in_id in (
        select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
    await eventually(async () => expect((await device.state()).body.state).toBe('enlisted'), {
      deadlineMs: 20_000,
    });
    const forms = world.gatekeeper.formsOf(device.user.identifier);
    expect(new Set(forms.map(keyOfForm))).toEqual(new Set([noisePublicKey]));
  });
});

describeWithEngine('postgres', 'a device whose Noise key we keep', (postgresUrl) => {
  it('cannot name one', async () => {
    const database = await cloneTestDatabase(postgresUrl);
    const postgres = await connectWithEventLog(database.url);
    const world = await startWorld(database.urlFor('accounts'));
    try {
      const device = await new TestUser(world).registerDevice();
      const connection = { mode: 'proxy', noisePublicKey: randomBytes(32).toString('base64') };
      expect(await device.optIn({ connection })).toMatchObject({
        status: 422,
        body: { code: 'noise_key_not_taken' },
      });
    } finally {
      await world.stop();
      await postgres.close();
      await database.drop();
    }
  });
});
