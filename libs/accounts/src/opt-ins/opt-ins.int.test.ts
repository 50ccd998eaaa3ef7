import { accountTopic, type AccountEvent } from '@causeway/contracts/accounts';
import { sessionTopic } from '@causeway/contracts/session';
import { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { revocationChannel } from '@causeway/coordination';
import { openEventBus, type EventBus } from '@causeway/events';
import { sql, type Postgres } from '@causeway/postgres';
import { findOptIn, revokedSince } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'opt-ins', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;
  let bus: EventBus;
  const events: AccountEvent[] = [];

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'));
    const logger = createLogger({ service: 'test', level: 'silent' });
    const metrics = createMetrics('test');
    bus = openEventBus('postgres:', { clientId: 'test', partitions: 2, postgres, logger, metrics });
    await bus.subscribe({
      topic: accountTopic,
      group: 'test',
      mode: 'shared',
      retry: { attempts: 1, backoffMs: 1 },
      onPoison: 'dead-letter',
      handle: async ({ data }) => void events.push(data),
    });
  });
  afterAll(async () => {
    await bus.close();
    await world.stop();
    await postgres.close();
    await database.drop();
  });
  beforeEach(() => {
    world.gatekeeper.instead = () => undefined;
  });

  const eventsOf = (device: TestDevice) =>
    events.filter(({ userId }) => userId === device.userId).map(({ type }) => type);

  async function newDevice(): Promise<TestDevice> {
    return new TestUser(world).registerDevice();
  }

  async function identifiers(device: TestDevice) {
    return postgres.query<{ value_sealed: Buffer; value_hmac: Buffer; removed_at: Date | null }>(
      sql`select value_sealed, value_hmac, removed_at from accounts.identifiers where user_id = ${device.userId}::uuid`,
    );
  }

  async function consents(device: TestDevice) {
    return postgres.query<{
      action: string;
      actor: string;
      evidence_sealed: Buffer | null;
      locale: string;
      text_version: string;
    }>(
      sql`select action, actor, evidence_sealed, locale, text_version from accounts.consent_log
          where user_id = ${device.userId}::uuid order by at`,
    );
  }

  it('records the consent, enlists the user and tells the others', async () => {
    const device = await newDevice();
    expect(await device.optIn()).toMatchObject({ status: 200, body: { state: 'enlisted' } });
    expect((await device.state()).body).toMatchObject({ state: 'enlisted', gatekeeper: 'simulator' });
    await eventually(() =>
      expect(eventsOf(device)).toEqual([
        'device.registered',
        'opt-in.requested',
        'opt-in.enlisting',
        'opt-in.enlisted',
      ]),
    );
    const [form] = world.gatekeeper.formsOf(device.user.identifier);
    const noiseKey = Buffer.from(world.neighbours.noiseKeys.get(device.sessionKey) ?? '', 'base64');
    expect(form?.get('authkey')).toBe(noiseKey.toString('base64url'));
    expect(await findOptIn(postgres, device.id, 'simulator')).toMatchObject({
      optInState: 'enlisted',
      accountNumber: expect.any(BigInt),
      identifierHmac: expect.objectContaining({ length: 32 }),
    });
    const log = await consents(device);
    const [consent] = log;
    expect(consent).toMatchObject({ action: 'given', locale: 'de-AT' });
    expect(log.map(({ action, actor }) => `${action} by ${actor}`)).toEqual([
      'given by user',
      'enlist by user',
      'accepted by gatekeeper',
    ]);
    expect(new Set(log.map(({ locale, text_version }) => `${locale} ${text_version}`))).toEqual(
      new Set(['de-AT 2026-11']),
    );
    const sealed = [consent?.evidence_sealed, (await identifiers(device))[0]?.value_sealed];
    for (const column of sealed) {
      expect(column?.length).toBeGreaterThan(60);
      expect(column?.toString('latin1')).not.toMatch(/email|secret|planted/i);
    }
  });

  it('changes nothing when it is asked again, but for the wish for read receipts', async () => {
    const device = await newDevice();
    const first = await device.optIn();
    expect(await device.optIn()).toEqual(first);
    const given = async () => (await consents(device)).filter(({ action }) => action === 'given').length;
    expect(await given()).toBe(1);
    expect((await device.optIn({ readReceipts: false })).body.state).toBe('enlisted');
    expect(await given()).toBe(2);
    expect(world.gatekeeper.formsOf(device.user.identifier)).toHaveLength(1);
  });

  it('lets one of two devices win that opt in at once, and leaves the other out', async () => {
    const user = new TestUser(world);
    const devices = [await user.registerDevice(), await user.registerDevice()];
    const answers = await Promise.all(devices.map((device) => device.optIn()));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('opt_in_on_other_device');
    expect(world.gatekeeper.formsOf(user.identifier)).toHaveLength(1);
  });

  it('lets one of two users win who prove the same identifier at once', async () => {
    const devices = [await newDevice(), await newDevice()];
    for (const { user } of devices) user.claims['email'] = devices[0]?.user.email;
    const answers = await Promise.all(devices.map((device) => device.optIn()));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    // Of proofs of one second the first stays; of a later one the earlier owner has to leave first.
    const lost = answers.find(({ status }) => status !== 200)?.body.code;
    expect(['identifier_not_proven', 'identifier_not_ready']).toContain(lost);
  });

  it('says which condition is not met, and records nothing', async () => {
    const device = await newDevice();
    const code = async (answer: ReturnType<TestDevice['optIn']>) => (await answer).body.code;
    expect(await code(device.optIn({}, 'nobody'))).toBe('gatekeeper_unknown');
    expect(await code(device.optIn({ identifierKind: 'phone' }))).toBe('identifier_not_proven');
    device.user.claims['email_verified'] = false;
    expect(await code(device.optIn())).toBe('identifier_not_proven');
    device.user.claims['email_verified'] = true;
    world.neighbours.withoutKeys.add(device.id);
    expect(await code(device.optIn())).toBe('keys_not_published');
    world.neighbours.down = true;
    expect(await device.optIn()).toMatchObject({ status: 503 });
    world.neighbours.down = false;
    expect(await code(device.state())).toBe('opt_in_unknown');
    expect(await code(device.optOut())).toBe('opt_in_unknown');
    expect(await consents(device)).toEqual([]);
    expect(await identifiers(device)).toEqual([]);
  });

  it('does not mix up identifiers: another one needs another opt-in', async () => {
    const device = await newDevice();
    await device.optIn();
    device.user.claims['preferred_username'] = `user-${device.id.slice(0, 8)}`;
    expect((await device.optIn({ identifierKind: 'username' })).body.code).toBe('opt_in_differs');
  });

  it('bounds how often one user makes the gatekeeper be asked', async () => {
    const device = await newDevice();
    world.gatekeeper.instead = () => ({ status: 200, body: { reason: 'bad_integrator', status: 'fail' } });
    for (let attempt = 1; attempt <= 5; attempt++) expect((await device.optIn()).status).toBe(502);
    expect(await device.optIn()).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  });

  it('erases the identifier when the deletion is confirmed, and lets the user come back', async () => {
    const device = await newDevice();
    await device.optIn();
    expect(await device.optOut()).toMatchObject({ status: 200, body: { state: 'deleting' } });
    expect((await device.optOut()).body.state).toBe('deleting');
    expect((await device.optIn()).body.code).toBe('opt_in_being_deleted');
    expect((await identifiers(device))[0]?.removed_at).toBeNull();
    await eventually(() => expect(eventsOf(device)).toContain('opt-in.withdrawn'));
    const confirmed = {
      type: 'deletion.confirmed' as const,
      userId: UserId.parse(device.userId),
      deviceId: DeviceId.parse(device.id),
      gatekeeper: GatekeeperId.parse('simulator'),
    };
    const id = 'ab5d20a0-2f0c-4c9f-8a6e-7b8a5f6d0001';
    await bus.publish(sessionTopic, [{ data: confirmed, id }]);
    await eventually(async () => expect((await device.state()).body.state).toBe('deleted'));
    expect(await identifiers(device)).toEqual([
      { value_sealed: Buffer.alloc(0), value_hmac: Buffer.alloc(0), removed_at: expect.any(Date) },
    ]);
    const [enlistment] = await postgres.query(sql`
      select account_number, noise_public_key, deletion_confirmed_at from accounts.enlistments e
      join accounts.opt_ins o on o.id = e.opt_in_id where o.device_id = ${device.id}::uuid`);
    expect(enlistment).toEqual({
      account_number: null,
      noise_public_key: Buffer.alloc(0),
      deletion_confirmed_at: expect.any(Date),
    });
    expect((await consents(device)).map(({ action }) => action)).toEqual([
      'given',
      'enlist',
      'accepted',
      'withdraw',
      'confirmed',
    ]);

    // The same confirmation once more must not end the next life.
    expect((await device.optIn()).body.state).toBe('enlisted');
    await device.optOut();
    await bus.publish(sessionTopic, [{ data: confirmed, id }]);
    const later = 'ab5d20a0-2f0c-4c9f-8a6e-7b8a5f6d0002';
    const elsewhere = { ...confirmed, gatekeeper: GatekeeperId.parse('elsewhere') };
    await bus.publish(sessionTopic, [{ data: elsewhere, id: later }]);
    await eventually(async () => {
      const seen = await postgres.query(sql`select 1 from accounts.inbox where id = ${later}`);
      expect(seen).toHaveLength(1);
    });
    expect((await device.state()).body.state).toBe('deleting');
  });

  it('invariant 7: records who loses the right to send, with the change, and tells it', async () => {
    const heard: string[] = [];
    await world.coordination.signals.subscribe(revocationChannel, (payload) => heard.push(payload));
    const { epoch } = await revokedSince(postgres, undefined, 10);
    const [leaving, removed, waiting] = [await newDevice(), await newDevice(), await newDevice()];
    await leaving.optIn();
    await removed.optIn();
    await leaving.optOut();
    await leaving.optOut();
    await waiting.optOut();
    await removed.user.call('DELETE', `/v1/devices/${removed.id}`);
    expect(await revokedSince(postgres, epoch, 10)).toEqual({
      epoch: epoch + 2n,
      deviceIds: [leaving.id, removed.id],
    });
    await eventually(() => expect(heard.length).toBeGreaterThanOrEqual(2));
    expect(new Set(heard)).toEqual(new Set(['']));
  });

  it('withdraws with the device that is removed', async () => {
    const device = await newDevice();
    await device.optIn();
    await device.user.call('DELETE', `/v1/devices/${device.id}`);
    await eventually(() =>
      expect(eventsOf(device).slice(-2)).toEqual(['opt-in.withdrawn', 'device.removed']),
    );
    expect(await findOptIn(postgres, device.id, 'simulator')).toBeUndefined();
  });

  it('lets a suspended user neither in nor stay unable to leave', async () => {
    const device = await newDevice();
    await device.optIn();
    await postgres.query(
      sql`update accounts.users set state = 'suspended' where id = ${device.userId}::uuid`,
    );
    expect((await device.optIn()).body.code).toBe('user_suspended');
    expect((await device.optOut()).body.state).toBe('deleting');
  });

  it('writes nothing personal into its logs', async () => {
    const device = await newDevice();
    await device.optIn();
    const logs = world.logs();
    expect(logs).toContain('enlistment attempted');
    const { user, id } = device;
    const authkey = world.gatekeeper.formsOf(user.identifier)[0]?.get('authkey') ?? 'none';
    for (const secret of ['secret.example', 'lanted', user.subject, id, device.userId, 'eyJ', authkey]) {
      expect(logs.includes(secret)).toBe(false);
    }
  });
});
