import { randomUUID } from 'node:crypto';
import { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { sql, type Postgres } from '@causeway/postgres';
import { keyWrapOf } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { testProfile } from '../fixtures/profile.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';
import { Gatekeepers } from '../gatekeepers.js';
import { SessionConsumer } from '../opt-ins/session.consumer.js';
import { RingSigners } from '../signing/ring-signers.js';
import { TokenMint } from '../tokens/token-mint.js';
import { Tokens } from '../tokens/tokens.service.js';
import { Users } from '../users/users.store.js';
import { ConnectDays } from './connect-days.js';
import { InactivitySweeper } from './inactivity.sweeper.js';

const DAY_MS = 86_400_000;
const gatekeeper = GatekeeperId.parse('simulator');

describeWithEngine('postgres', 'the clock of devices that connect by themselves', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;
  let clock: FakeClock;
  let sweeper: InactivitySweeper;
  let connectDays: ConnectDays;
  let consumer: SessionConsumer;
  let tokens: Tokens;

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
    clock = new FakeClock(Date.now());
    const [metrics, { logger }] = [createMetrics('test'), captureLogs()];
    const users = new Users(postgres, keyWrapOf(world.wrappingRing));
    const gatekeepers = new Gatekeepers(new Map([[gatekeeper, await testProfile(world.gatekeeper.url)]]));
    const { coordination } = world;
    const engines = { postgres, users, gatekeepers, coordination, clock, logger, metrics };
    sweeper = new InactivitySweeper({
      ...engines,
      optIns: { tellRevoked: async () => undefined },
      deletions: { request: async () => undefined },
      reminderDays: [20, 27],
    });
    connectDays = new ConnectDays(
      postgres,
      (of) => sweeper.firstLookDays(of),
      () => undefined,
      clock,
      logger,
    );
    consumer = new SessionConsumer(users, connectDays, logger);
    const mint = new TokenMint(users, new RingSigners((await world.keyRing.read()).ring), clock);
    tokens = new Tokens({ ...engines, mint, connectDays });
  });

  const enlisted = async (mode: 'tunnel' | 'direct') =>
    (await new TestUser(world).registerDevice()).enlistItself(mode);
  const state = async (device: TestDevice) => String((await device.state()).body.state);

  async function days(number: number): Promise<void> {
    for (let day = 0; day < number; day += 1) {
      await clock.advance(DAY_MS);
      await sweeper.sweep();
    }
  }

  /** The device comes through the tunnel, as session tells. */
  async function tunnel(device: TestDevice): Promise<void> {
    const owner = { userId: UserId.parse(device.userId), deviceId: DeviceId.parse(device.id), gatekeeper };
    await consumer.handle({ type: 'tunnel.opened', ...owner, at: clock.now() }, randomUUID());
    await connectDays.stop();
  }

  async function fetchToken(device: TestDevice, purpose: 'login' | 'deletion' = 'login'): Promise<void> {
    const [user] = await postgres.query<{ subject_hash: Buffer }>(
      sql`select subject_hash from accounts.users where id = ${device.userId}::uuid`,
    );
    const caller = {
      subjectHash: user?.subject_hash ?? Buffer.of(),
      claims: {},
      issuedAt: 0,
      expiresAt: Infinity,
    };
    await tokens.forDevice(caller, DeviceId.parse(device.id), gatekeeper, { purpose });
    await connectDays.stop();
  }

  async function version(device: TestDevice): Promise<string | undefined> {
    const [row] = await postgres.query<{ version: string }>(sql`
      select e.xmin::text as version from accounts.enlistments e join accounts.opt_ins o on o.id = e.opt_in_id
      where o.device_id = ${device.id}::uuid`);
    return row?.version;
  }

  it.each([
    ['tunnel', tunnel],
    ['direct', fetchToken],
  ] as const)('%s: each connection begins it anew, and without one it strikes', async (mode, connect) => {
    const device = await enlisted(mode);
    await days(22);
    expect(await state(device)).toBe('lapsing');
    await connect(device);
    await sweeper.sweep();
    expect(await state(device)).toBe('enlisted');
    await days(19);
    expect(await state(device)).toBe('enlisted');
    await days(12);
    expect(await state(device)).toBe('lapsed');
  });

  it.each([
    ['tunnel', tunnel],
    ['direct', fetchToken],
  ] as const)('%s: a day is written once, however often the device connects', async (mode, connect) => {
    const device = await enlisted(mode);
    await clock.advance(DAY_MS);
    await connect(device);
    const first = await version(device);
    for (let times = 0; times < 10; times += 1) await connect(device);
    expect(await version(device)).toBe(first);
    await clock.advance(DAY_MS);
    await connect(device);
    expect(await version(device)).not.toBe(first);
  });

  it('tunnel: a token alone is no connection, since session tells of those', async () => {
    const device = await enlisted('tunnel');
    await days(22);
    await fetchToken(device);
    await sweeper.sweep();
    expect(await state(device)).toBe('lapsing');
  });

  it('a token to leave with does not keep the account alive', async () => {
    const device = await enlisted('direct');
    await device.optOut();
    for (let day = 0; day < 31; day += 1) {
      await days(1);
      if (day % 3 === 0 && day < 30) await fetchToken(device, 'deletion');
    }
    expect(await state(device)).toBe('deleted');
  });

  it.each([
    ['account_unknown', 'lapsed'],
    ['login_key_mismatch', 'lapsed'],
    ['device_removed', 'lapsed'],
    ['connection_lost', 'enlisted'],
    ['account_restricted', 'enlisted'],
  ])('ends with the account, and with nothing else that a session ends with: %s', async (code, after) => {
    const device = await enlisted('direct');
    const { userId } = device;
    const ended = { type: 'closed', userId, deviceId: device.id, gatekeeper, epoch: 1, code } as const;
    await consumer.handle(ended as never, randomUUID());
    expect(await state(device)).toBe(after);
  });
});
