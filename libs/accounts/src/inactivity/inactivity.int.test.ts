import { DeviceId, GatekeeperId, sessionKeyOf } from '@causeway/contracts/ids';
import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { testProfile } from '../fixtures/profile.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';
import { Gatekeepers } from '../gatekeepers.js';
import { Users } from '../users/users.store.js';
import { ConnectDays } from './connect-days.js';
import { InactivitySweeper } from './inactivity.sweeper.js';

const DAY_MS = 86_400_000;
const gatekeeper = GatekeeperId.parse('simulator');

describeWithEngine('postgres', 'the clock of those who do not connect', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;
  let clock: FakeClock;
  let metrics: ReturnType<typeof createMetrics>;
  let sweeper: InactivitySweeper;
  let connectDays: ConnectDays;
  let withoutDevice: boolean;
  const deletions: string[] = [];

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
    await postgres.query(sql`update accounts.enlistments set clock_due_on = null`);
    clock = new FakeClock(Date.now());
    withoutDevice = false;
    deletions.length = 0;
    await newClock();
  });

  /** The clock as another pod would have it. */
  async function newClock(): Promise<void> {
    metrics = createMetrics('test');
    const profile = { ...(await testProfile(world.gatekeeper.url)), deletionWithoutDevice: withoutDevice };
    const { logger } = captureLogs();
    sweeper = new InactivitySweeper({
      postgres,
      users: new Users(postgres, undefined as never),
      gatekeepers: new Gatekeepers(new Map([[gatekeeper, profile]])),
      coordination: world.coordination,
      optIns: { tellRevoked: async () => undefined },
      deletions: { request: async (sessionKey) => void deletions.push(sessionKey) },
      reminderDays: [20, 27],
      clock,
      logger,
      metrics,
    });
    connectDays = new ConnectDays(
      postgres,
      (of) => sweeper.firstLookDays(of),
      () => undefined,
      clock,
      logger,
    );
  }

  async function enlisted(): Promise<TestDevice> {
    const device = await new TestUser(world).registerDevice();
    expect((await device.optIn()).body.state).toBe('enlisted');
    return device;
  }

  /** Lets days pass, each with its sweep. @returns the state on the evening of each day */
  async function days(device: TestDevice, number: number): Promise<string[]> {
    const states: string[] = [];
    for (let day = 0; day < number; day++) {
      await clock.advance(DAY_MS);
      await sweeper.sweep();
      states.push(String((await device.state()).body.state));
    }
    return states;
  }

  async function wakes(device: TestDevice): Promise<number> {
    // Rows leave the outbox when they are published, which the running service does: it hears of them in the log.
    const rows = await postgres.query<{ count: string }>(sql`
      select count(*) from (
        select id from accounts.outbox where topic = 'causeway.push.v1' and key = ${device.userId}
        union all
        select null from eventlog.events where topic = 'causeway.push.v1' and key = ${device.userId}) as all_of_them`);
    return Number(rows[0]?.count);
  }

  async function connect(device: TestDevice): Promise<void> {
    connectDays.note({
      deviceId: DeviceId.parse(device.id),
      gatekeeper,
      at: clock.now(),
    });
    await connectDays.stop();
  }

  async function row(device: TestDevice) {
    const [found] = await postgres.query<Record<string, unknown>>(sql`
      select e.account_number, e.noise_public_key, e.last_connected_on::text as day, e.clock_due_on, e.xmin::text as version
      from accounts.enlistments e join accounts.opt_ins o on o.id = e.opt_in_id
      where o.device_id = ${device.id}::uuid order by o.created_at desc limit 1`);
    return found;
  }

  it('reminds on two days, lapses after the gatekeeper, and offers to enlist again', async () => {
    const device = await enlisted();
    const states = await days(device, 40);
    expect(states.slice(0, 19)).toEqual(Array(19).fill('enlisted'));
    expect(states.slice(19, 30)).toEqual(Array(11).fill('lapsing'));
    expect(states.slice(30)).toEqual(Array(10).fill('lapsed'));
    expect(await wakes(device)).toBe(3);
    expect(await row(device)).toMatchObject({
      account_number: null,
      noise_public_key: Buffer.alloc(0),
      day: null,
      clock_due_on: null,
    });
    const sealed = await postgres.query(sql`
      select value_sealed from accounts.identifiers where user_id = ${device.userId}::uuid and removed_at is not null`);
    expect(sealed).toEqual([{ value_sealed: Buffer.alloc(0) }]);
    expect((await device.optIn()).body.state).toBe('enlisted');
  });

  it('begins anew with each connection, also of who was about to lapse', async () => {
    const device = await enlisted();
    expect((await days(device, 22)).at(-1)).toBe('lapsing');
    await connect(device);
    await sweeper.sweep();
    expect((await device.state()).body.state).toBe('enlisted');
    expect(new Set(await days(device, 19))).toEqual(new Set(['enlisted']));
    expect((await days(device, 1))[0]).toBe('lapsing');
  });

  it('writes a day once, however often the device connects and however many pods see it', async () => {
    const device = await enlisted();
    await clock.advance(DAY_MS);
    await connect(device);
    const first = await row(device);
    for (let times = 0; times < 100; times++) await connect(device);
    await newClock();
    await connect(device);
    expect(await row(device)).toEqual(first);
    await clock.advance(DAY_MS);
    await connect(device);
    expect((await row(device))?.['version']).not.toBe(first?.['version']);
  });

  it('does not mind who is connected all the time', async () => {
    const device = await enlisted();
    await device.goOnline();
    await postgres.query(sql`
      update accounts.enlistments set last_connected_on = current_date - 60, clock_due_on = current_date - 40
      where opt_in_id = (select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
    await sweeper.sweep();
    expect((await device.state()).body.state).toBe('enlisted');
    expect((await row(device))?.['day']).toBe(new Date(clock.now()).toISOString().slice(0, 10));
  });

  it('invariant 7: keeps asking for a deletion, then takes the gatekeeper’s own removal for it', async () => {
    const device = await enlisted();
    await device.optOut();
    expect((await row(device))?.['account_number']).toMatch(/^\d+$/);
    await clock.advance(DAY_MS);
    await sweeper.sweep();
    expect(await metrics.render()).toMatch(/^causeway_deletions_pending\{[^}]*simulator[^}]*\} [1-9]/m);
    expect(
      Number(/^causeway_deletions_pending_age_seconds\{.*\} (\S+)$/m.exec(await metrics.render())?.[1]),
    ).toBeGreaterThan(86_000);
    const states = await days(device, 30);
    expect(new Set(states.slice(0, 29))).toEqual(new Set(['deleting']));
    expect(states.at(-1)).toBe('deleted');
    expect(await wakes(device)).toBeGreaterThanOrEqual(30);
    expect(await row(device)).toMatchObject({ account_number: null, noise_public_key: Buffer.alloc(0) });
    expect(deletions).toEqual([]);
  });

  it('has deleted without the device where the gatekeeper allows it, also after its loss', async () => {
    withoutDevice = true;
    await newClock();
    const device = await enlisted();
    await device.user.call('DELETE', `/v1/devices/${device.id}`);
    await sweeper.sweep();
    await sweeper.sweep();
    const sessionKey = sessionKeyOf(DeviceId.parse(device.id), gatekeeper);
    expect(deletions).toEqual([sessionKey]);
    await clock.advance(DAY_MS);
    await sweeper.sweep();
    expect(deletions).toEqual([sessionKey, sessionKey]);
    expect(await wakes(device)).toBe(0);
  });

  it('lets two pods look at the same time, and reminds once', async () => {
    const device = await enlisted();
    await clock.advance(20 * DAY_MS);
    const first = sweeper;
    await newClock();
    await Promise.all([first.sweep(), sweeper.sweep(), first.sweep()]);
    expect((await device.state()).body.state).toBe('lapsing');
    expect(await wakes(device)).toBe(1);
  });
});
