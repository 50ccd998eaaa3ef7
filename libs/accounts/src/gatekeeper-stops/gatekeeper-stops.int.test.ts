import { TokenResponse } from '@causeway/contracts/accounts';
import { sql, type Postgres } from '@causeway/postgres';
import { findOptIn, revokedSince } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { claimDue } from '../enlistment/enlistments.store.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';
import { listStops, resumeGatekeeper, stopGatekeeper } from './gatekeeper-stops.store.js';

describeWithEngine('postgres', 'the kill switch of a gatekeeper', (postgresUrl) => {
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
  beforeEach(async () => {
    world.gatekeeper.instead = () => undefined;
    await resume();
  });

  const stop = (gatekeeper = 'simulator') =>
    postgres.transaction((tx) => stopGatekeeper(tx, gatekeeper, 'a test'));
  const resume = () => postgres.transaction((tx) => resumeGatekeeper(tx, 'simulator'));

  async function enlisted(): Promise<TestDevice> {
    const device = await new TestUser(world).registerDevice();
    await device.optIn();
    await device.goOnline();
    return device;
  }
  const token = (device: TestDevice, purpose = 'login') =>
    world.as('session').request({
      method: 'POST',
      path: '/internal/v1/tokens',
      body: { sessionKey: device.sessionKey, purpose },
      schema: TokenResponse,
    });
  const seen = async (device: TestDevice) => (await findOptIn(postgres, device.id, 'simulator'))?.optInState;

  it('invariant 7: is felt by every service from the commit on, and names nobody', async () => {
    const [device, leaving] = [await enlisted(), await enlisted()];
    await leaving.optOut();
    const { epoch } = await revokedSince(postgres, undefined, 10);
    expect(await stop()).toBe(true);
    expect(await stop()).toBe(false);
    expect(await revokedSince(postgres, epoch, 10)).toEqual({ epoch: epoch + 1n, deviceIds: 'all' });
    expect(await seen(device)).toBe('suspended');
    expect(await seen(leaving)).toBe('suspended');
    await expect(token(device)).rejects.toMatchObject({ code: 'token_denied' });
    await expect(token(leaving, 'deletion')).rejects.toMatchObject({ code: 'token_denied' });
    expect(await listStops(postgres)).toMatchObject([{ gatekeeper: 'simulator', reason: 'a test' }]);
    expect((await device.state()).body.state).toBe('enlisted');
  });

  it('lets all go on as they were, and has them looked at again', async () => {
    const device = await enlisted();
    await stop();
    const { epoch } = await revokedSince(postgres, undefined, 10);
    expect(await resume()).toBe(true);
    expect(await resume()).toBe(false);
    expect(await revokedSince(postgres, epoch, 10)).toMatchObject({ deviceIds: 'all' });
    expect(await seen(device)).toBe('enlisted');
    await expect(token(device)).resolves.toBeDefined();
  });

  it('stops one gatekeeper and no other', async () => {
    const device = await enlisted();
    await stop('elsewhere');
    expect(await seen(device)).toBe('enlisted');
    await expect(token(device)).resolves.toBeDefined();
  });

  it('lets users leave, and nobody in; who was being enlisted waits', async () => {
    const [device, waiting] = [await enlisted(), await new TestUser(world).registerDevice()];
    world.gatekeeper.instead = () => 'cut';
    expect((await waiting.optIn()).body.state).toBe('enlisting');
    await stop();
    world.gatekeeper.instead = () => undefined;
    const asked = world.gatekeeper.forms.length;
    const stranger = await new TestUser(world).registerDevice();
    expect(await stranger.optIn()).toMatchObject({ status: 503, body: { code: 'gatekeeper_stopped' } });
    expect((await device.optOut()).body.state).toBe('deleting');
    await postgres.query(sql`
      update accounts.enlistments set next_attempt_at = now()
      where opt_in_id = (select id from accounts.opt_ins where device_id = ${waiting.id}::uuid)`);
    expect(await claimDue(postgres, 10)).toEqual([]);
    expect(world.gatekeeper.forms).toHaveLength(asked);
    await resume();
    await eventually(async () => expect((await waiting.state()).body.state).toBe('enlisted'), {
      deadlineMs: 15_000,
    });
  });
});
