import { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { sessionTopic } from '@causeway/contracts/session';
import { openEventBus, type EventBus } from '@causeway/events';
import { sql, type Postgres } from '@causeway/postgres';
import { findByIdentifiers, findOptIn } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestBackend } from '../fixtures/backend.js';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

const now = () => Math.floor(Date.now() / 1_000);
let numbers = 0;
const nextNumber = () => `+49 1512 ${String(3_000_000 + numbers++)}`;

describeWithEngine('postgres', 'identifiers that change hands', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;
  let bus: EventBus;
  let backend: TestBackend;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'));
    backend = new TestBackend(world);
    const logger = createLogger({ service: 'test', level: 'silent' });
    bus = openEventBus('postgres:', {
      clientId: 'test',
      partitions: 2,
      postgres,
      logger,
      metrics: createMetrics('test'),
    });
  });
  afterAll(async () => {
    await bus.close();
    await world.stop();
    await postgres.close();
    await database.drop();
  });

  /** A user whose tokens prove the number since a while ago. */
  async function owner(number: string, provenSecondsAgo: number): Promise<TestDevice> {
    const user = new TestUser(world);
    user.issuedAt = now() - provenSecondsAgo;
    Object.assign(user.claims, { phone_number: number, phone_number_verified: true });
    return user.registerDevice();
  }
  const withNumber = { identifierKind: 'phone' };
  const identifiersOf = (device: TestDevice) =>
    postgres.query<{ value_hmac: Buffer; lost_at: Date | null; removed_at: Date | null; sealed: number }>(sql`
      select value_hmac, lost_at, removed_at, length(value_sealed) as sealed
      from accounts.identifiers where user_id = ${device.userId}::uuid order by proven_at`);

  it('freezes and deletes the old enlistment before the new one begins, and tells nobody of the other', async () => {
    const number = nextNumber();
    const old = await owner(number, 100);
    expect((await old.optIn(withNumber)).body.state).toBe('enlisted');
    const hmac = (await identifiersOf(old))[0]?.value_hmac ?? Buffer.alloc(0);
    const next = await owner(number, 0);
    expect(await next.optIn(withNumber)).toMatchObject({
      status: 409,
      body: { code: 'identifier_not_ready' },
    });

    expect(await findOptIn(postgres, old.id, 'simulator')).toMatchObject({ optInState: 'deleting' });
    expect(await findByIdentifiers(postgres, [{ gatekeeper: 'simulator', hmac }])).toEqual([]);
    // Sealed it stays: the request to delete the account names it.
    expect(await identifiersOf(old)).toMatchObject([
      { lost_at: expect.any(Date), removed_at: null, sealed: expect.any(Number) },
    ]);
    const audit = await postgres.query(
      sql`select action, reason from accounts.audit_log where user_id = ${old.userId}::uuid`,
    );
    expect(audit).toEqual([{ action: 'identifier.lost', reason: 'proven_for_another_user' }]);
    // The earlier owner's tokens still say that the number is hers.
    expect((await old.optIn(withNumber)).body.code).toBe('opt_in_being_deleted');

    const gone = {
      type: 'deletion.confirmed' as const,
      userId: UserId.parse(old.userId),
      deviceId: DeviceId.parse(old.id),
      gatekeeper: GatekeeperId.parse('simulator'),
    };
    await bus.publish(sessionTopic, [{ data: gone }]);
    await eventually(async () => expect((await old.state()).body.state).toBe('deleted'));
    expect(await identifiersOf(old)).toMatchObject([{ removed_at: expect.any(Date), sealed: 0 }]);
    expect((await next.optIn(withNumber)).body.state).toBe('enlisted');
    expect(await findByIdentifiers(postgres, [{ gatekeeper: 'simulator', hmac }])).toMatchObject([
      { deviceId: next.id },
    ]);
    // A token from before the number changed hands proves nothing any more, and does not say why.
    const unproven = await new TestUser(world).registerDevice();
    const refused = await old.optIn(withNumber);
    expect(refused).toMatchObject({ status: 422, body: { code: 'identifier_not_proven' } });
    const plain = await unproven.optIn(withNumber);
    expect({ ...refused.body, requestId: '' }).toEqual({ ...plain.body, requestId: '' });
  });

  it('leaves an identifier with whoever proved it last', async () => {
    const number = nextNumber();
    const holder = await owner(number, 0);
    await holder.optIn(withNumber);
    const late = await owner(number, 50);
    expect((await late.optIn(withNumber)).body.code).toBe('identifier_not_proven');
    expect((await holder.state()).body.state).toBe('enlisted');
  });

  it('takes one of the provider’s word, in canonical form, and takes it back', async () => {
    const device = await new TestUser(world).registerDevice();
    const path = `/${device.userId}/identifiers/phone`;
    const number = nextNumber();
    const asserted = { value: number, method: 'sms', provenAt: Date.now() };
    expect((await device.optIn(withNumber)).body.code).toBe('identifier_not_proven');
    expect((await backend.call('PUT', path, asserted)).status).toBe(204);
    expect((await backend.call('PUT', path, asserted)).status).toBe(204);
    expect(await identifiersOf(device)).toHaveLength(1);
    expect((await device.optIn(withNumber)).body.state).toBe('enlisted');
    expect(world.gatekeeper.formsOf(number.replaceAll(' ', ''))).toHaveLength(1);
    expect((await backend.call('DELETE', path)).status).toBe(204);
    expect((await device.state()).body.state).toBe('deleting');
    expect((await backend.call('DELETE', path)).body.code).toBe('identifier_unknown');
  });

  it.each([
    ['phone', 'a@b.org'],
    ['email', '+4915123456789'],
    ['username', 'p\u0430ypal'],
    ['email', 'a@localhost'],
    ['username', '12345'],
  ])('takes no %s of the form %j', async (kind, value) => {
    const device = await new TestUser(world).registerDevice();
    const answer = await backend.call('PUT', `/${device.userId}/identifiers/${kind}`, {
      value,
      method: 'sms',
      provenAt: 1,
    });
    expect(answer).toMatchObject({ status: 422, body: { code: 'identifier_invalid' } });
    expect(answer.text).not.toContain(value);
  });

  it('keeps as many for a user as are allowed', async () => {
    const device = await new TestUser(world).registerDevice();
    const path = `/${device.userId}/identifiers/phone`;
    const assert = () =>
      backend.call('PUT', path, { value: nextNumber(), method: 'sms', provenAt: Date.now() });
    for (let count = 0; count < 5; count++) expect((await assert()).status).toBe(204);
    expect(await assert()).toMatchObject({ status: 409, body: { code: 'identifier_limit_reached' } });
  });

  it('lets one of two users have it who claim it of each other at once', async () => {
    const [a, b] = [nextNumber(), nextNumber()];
    const first = await owner(a, 100);
    const second = await owner(b, 100);
    await Promise.all([first.optIn(withNumber), second.optIn(withNumber)]);
    for (const [device, number] of [
      [first, b],
      [second, a],
    ] as const) {
      Object.assign(device.user.claims, { phone_number: number });
      device.user.issuedAt = now();
    }
    const others = await Promise.all([owner(b, 0), owner(a, 0)]);
    const answers = await Promise.all(others.map((device) => device.optIn(withNumber)));
    for (const { status } of answers) expect(status).toBe(409);
    const [owners] = await postgres.query<{ count: string }>(sql`
      select count(*) from accounts.identifiers where lost_at is not null and user_id in (${first.userId}::uuid, ${second.userId}::uuid)`);
    expect(Number(owners?.count)).toBe(2);
  });
});
