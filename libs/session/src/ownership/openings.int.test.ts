import { randomBytes, randomUUID } from 'node:crypto';
import { DeviceId, GatekeeperId, sessionKeyOf } from '@causeway/contracts/ids';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Openings } from './openings.js';

const gatekeeper = GatekeeperId.parse('simulator');

describeWithEngine('postgres', 'what a present device may open', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let postgres: Postgres;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'test', statementTimeoutMs: 5_000 };
    admin = Postgres.connect(database.url, options);
    postgres = Postgres.connect(database.urlFor('session'), options);
  });
  afterAll(async () => {
    await Promise.all([admin.close(), postgres.close()]);
    await database.drop();
  });

  /** A device that is present, and its user's opt-in. */
  async function present(optIn: string | undefined, user = 'active') {
    const [userId, deviceId, id] = [randomUUID(), DeviceId.parse(randomUUID()), randomUUID()];
    await admin.query(sql`
      insert into accounts.users (id, subject_hash, state) values (${userId}, ${randomBytes(32)}, ${user})`);
    await admin.query(sql`insert into accounts.devices (id, user_id) values (${deviceId}, ${userId})`);
    await admin.query(sql`
      insert into accounts.identifiers (id, user_id, kind, value_sealed, value_hmac, proven_at, method)
      values (${id}, ${userId}, 'email', ${randomBytes(8)}, ${randomBytes(32)}, now(), 'test')`);
    if (optIn !== undefined) {
      await admin.query(sql`
        insert into accounts.opt_ins (id, user_id, device_id, identifier_id, gatekeeper, state, read_receipts)
        values (${randomUUID()}, ${userId}, ${deviceId}, ${id}, ${gatekeeper}, ${optIn}, true)`);
    }
    const entry = { sessionKey: sessionKeyOf(deviceId, gatekeeper), partition: 1, podId: 'p', epoch: 7 };
    return new Openings(postgres).of({ ...entry, relayKey: 'key' });
  }

  it.each([
    ['enlisted', 'reconnect'],
    ['lapsing', 'reconnect'],
    ['deleting', 'deletion'],
  ])('when %s: %s, with the epoch and the key of its connection', async (state, reason) => {
    expect(await present(state)).toMatchObject({ type: 'open', reason, epoch: 7, relayKey: 'key' });
  });

  it.each(['consented', 'enlisting', 'suspended', undefined])(
    'invariant 7: nothing when %s',
    async (state) => {
      expect(await present(state)).toBeUndefined();
    },
  );

  it('invariant 7: nothing at a gatekeeper that is stopped, not even the deletion', async () => {
    await admin.query(
      sql`insert into accounts.gatekeeper_stops (gatekeeper, reason) values (${gatekeeper}, 'test')`,
    );
    expect(await present('enlisted')).toBeUndefined();
    expect(await present('deleting')).toBeUndefined();
    await admin.query(sql`delete from accounts.gatekeeper_stops`);
  });

  it('invariant 7: a suspended user nothing but the deletion', async () => {
    expect(await present('enlisted', 'suspended')).toBeUndefined();
    expect(await present('deleting', 'suspended')).toMatchObject({ reason: 'deletion' });
  });
});
