import { sql, type Postgres } from '@causeway/postgres';
import { findOptIn } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestBackend } from '../fixtures/backend.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

const DAY = 86_400_000;
const daysAgo = (days: number) => Date.now() - days * DAY;

describeWithEngine('postgres', 'the region policy of a gatekeeper', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;
  let backend: TestBackend;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'), {
      profile: { region: 'eea', regionPolicy: { absenceDays: 60, returnDays: 1, evidenceDays: 90 } },
      env: { CAUSEWAY_REGION_HEADER: 'x-client-country', CAUSEWAY_TRUSTED_PROXIES: '127.0.0.1' },
    });
    backend = new TestBackend(world);
  });
  afterAll(async () => {
    await world.stop();
    await postgres.close();
    await database.drop();
  });

  const seen = (device: TestDevice, country: string, observedAt: number) =>
    backend.call('PUT', `/${device.userId}/region`, { country, observedAt });
  const stateOf = async (device: TestDevice) => (await device.state()).body.state;
  const whereabouts = (device: TestDevice) =>
    postgres.query(sql`
      select country, source, inside, away_since is not null as away from accounts.whereabouts
      where user_id = ${device.userId}::uuid`);

  it('wants to know where a user is, and that it is inside', async () => {
    const device = await new TestUser(world).registerDevice();
    expect(await device.optIn()).toMatchObject({ status: 403, body: { code: 'region_unproven' } });
    await seen(device, 'US', daysAgo(1));
    expect(await device.optIn()).toMatchObject({ status: 403, body: { code: 'region_not_eligible' } });
    await seen(device, 'AT', Date.now());
    // Back for a moment is enough to opt in while an absence is tolerated.
    expect((await device.optIn()).body.state).toBe('enlisted');
  });

  it('does not take evidence that is too old', async () => {
    const device = await new TestUser(world).registerDevice();
    await seen(device, 'AT', daysAgo(91));
    expect((await device.optIn()).body.code).toBe('region_unproven');
  });

  it('tolerates an absence, suspends after it, and lets in who has come back to stay', async () => {
    const device = await new TestUser(world).registerDevice();
    await seen(device, 'SK', daysAgo(80));
    expect((await device.optIn()).body.state).toBe('enlisted');
    await seen(device, 'CH', daysAgo(59));
    expect(await stateOf(device)).toBe('enlisted');
    const further = sql`update accounts.whereabouts set away_since = away_since - interval '2 days' where user_id = ${device.userId}::uuid`;
    await postgres.query(further);
    await seen(device, 'GB', daysAgo(3));
    expect(await stateOf(device)).toBe('suspended');
    expect(await findOptIn(postgres, device.id, 'simulator')).toMatchObject({
      userState: 'active',
      optInState: 'suspended',
    });
    await seen(device, 'NO', daysAgo(2));
    expect(await stateOf(device)).toBe('suspended');
    await seen(device, 'IS', daysAgo(0));
    expect(await stateOf(device)).toBe('enlisted');
    const audit = await postgres.query(sql`
      select actor, action, reason from accounts.audit_log where user_id = ${device.userId}::uuid order by at`);
    expect(audit).toEqual([
      { actor: 'system', action: 'opt_in.suspended', reason: 'region' },
      { actor: 'system', action: 'opt_in.reinstated', reason: 'region' },
    ]);
  });

  it('does not let in whom the provider has suspended meanwhile', async () => {
    const device = await new TestUser(world).registerDevice();
    await seen(device, 'AT', daysAgo(80));
    await device.optIn();
    await seen(device, 'US', daysAgo(70));
    expect(await stateOf(device)).toBe('suspended');
    await backend.call('PUT', `/${device.userId}/suspension`, { reason: 'spam' });
    await seen(device, 'AT', daysAgo(2));
    await seen(device, 'AT', daysAgo(0));
    expect(await stateOf(device)).toBe('suspended');
    await backend.call('DELETE', `/${device.userId}/suspension`);
    await seen(device, 'DE', Date.now());
    expect(await stateOf(device)).toBe('enlisted');
  });

  it('takes the country that a trusted proxy names, and nothing of an address', async () => {
    const user = new TestUser(world);
    const device = await user.registerDevice();
    user.headers = { 'x-client-country': 'at', 'x-forwarded-for': '203.0.113.77' };
    expect((await device.optIn()).body.state).toBe('enlisted');
    expect(await whereabouts(device)).toEqual([
      { country: 'AT', source: 'proxy', inside: true, away: false },
    ]);
    user.headers = { 'x-client-country': 'US' };
    await device.state();
    expect(await whereabouts(device)).toEqual([
      { country: 'US', source: 'proxy', inside: false, away: true },
    ]);
    const rows = await postgres.query<{ row: object }>(
      sql`select to_jsonb(w) as row from accounts.whereabouts w`,
    );
    expect(JSON.stringify(rows)).not.toContain('203.0.113.77');
    expect(world.logs()).not.toContain('203.0.113.77');
  });
});
