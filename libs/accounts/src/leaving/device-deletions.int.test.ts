import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestBackend } from '../fixtures/backend.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'a device that has its account deleted by itself', (postgresUrl) => {
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

  async function enlisted(mode: 'tunnel' | 'direct' = 'tunnel'): Promise<TestDevice> {
    return (await new TestUser(world).registerDevice()).enlistItself(mode);
  }

  const kept = async ({ id }: TestDevice) =>
    (
      await postgres.query(sql`
        select e.account_number, length(e.noise_public_key) as noise_key, e.deletion_confirmed_at is not null as confirmed,
          length(i.value_sealed) as identifier
        from accounts.opt_ins o join accounts.enlistments e on e.opt_in_id = o.id
        join accounts.identifiers i on i.id = o.identifier_id where o.device_id = ${id}::uuid`)
    )[0];
  const logged = (device: TestDevice) =>
    postgres.query(sql`
      select action, actor from accounts.consent_log where user_id = ${device.userId}::uuid
        and action in ('withdraw', 'confirmed') order by at`);
  const audited = (device: TestDevice) =>
    postgres.query(
      sql`select actor, action, reason from accounts.audit_log where user_id = ${device.userId}::uuid`,
    );

  it.each([
    ['tunnel', 'deleted'],
    ['direct', 'account_unknown'],
  ] as const)('reports it once it has withdrawn (%s, %s), and nothing is kept', async (mode, outcome) => {
    const device = await enlisted(mode);
    expect((await device.optOut()).body.state).toBe('deleting');
    expect(await kept(device)).toMatchObject({ noise_key: 32, confirmed: false });
    expect(await device.reportDeletion(outcome)).toMatchObject({ status: 200, body: { state: 'deleted' } });
    const erased = { account_number: null, noise_key: 0, confirmed: true, identifier: 0 };
    expect(await kept(device)).toEqual(erased);
    expect(await device.reportDeletion(outcome)).toMatchObject({ status: 200, body: { state: 'deleted' } });
    expect(await logged(device)).toEqual([
      { action: 'withdraw', actor: 'user' },
      { action: 'confirmed', actor: 'user' },
    ]);
    expect(await audited(device)).toEqual([{ actor: 'user', action: 'deletion.reported', reason: outcome }]);
    const asked = await device.user.call('POST', `/v1/devices/${device.id}/opt-ins/simulator/tokens`, {
      purpose: 'deletion',
    });
    expect(asked.body.code).toBe('token_denied');
  });

  it('may enlist again afterwards, and an old report does not end the new life', async () => {
    const device = await enlisted();
    await device.optOut();
    await device.reportDeletion('deleted');
    await device.enlistItself('tunnel');
    expect((await device.reportDeletion('deleted')).body.code).toBe('deletion_not_expected');
    expect((await device.state()).body.state).toBe('enlisted');
  });

  it('is not believed before it has withdrawn, nor where the gatekeeper answers us', async () => {
    const device = await enlisted();
    expect(await device.reportDeletion('deleted')).toMatchObject({
      status: 409,
      body: { code: 'deletion_not_expected' },
    });
    expect((await device.state()).body.state).toBe('enlisted');
    const proxied = await new TestUser(world).registerDevice();
    await proxied.optIn();
    await proxied.optOut();
    expect((await proxied.reportDeletion('deleted')).body.code).toBe('deletion_not_expected');
    expect((await proxied.state()).body.state).toBe('deleting');
  });

  it('is believed for itself alone, and only what the contract knows', async () => {
    const device = await enlisted();
    await device.optOut();
    const path = `/v1/devices/${device.id}/opt-ins/simulator/deletion`;
    const stranger = await new TestUser(world).call('PUT', path, { outcome: 'deleted' });
    expect(stranger).toMatchObject({ status: 404, body: { code: 'device_unknown' } });
    expect(await device.reportDeletion('perhaps')).toMatchObject({ status: 400 });
    expect((await device.state()).body.state).toBe('deleting');
  });

  it('lets an erasure of the user come to its end', async () => {
    const device = await enlisted('direct');
    device.user.claims['auth_time'] = Math.floor(Date.now() / 1_000);
    await device.user.call('DELETE', '/v1/account');
    const waitingFor = async () =>
      (await new TestBackend(world).call('GET', `/${device.userId}/erasure`)).body['waitingFor'];
    expect(await waitingFor()).toContain('gatekeeper simulator');
    expect((await device.reportDeletion('deleted')).body.state).toBe('deleted');
    expect(await waitingFor()).not.toContain('gatekeeper simulator');
  });
});
