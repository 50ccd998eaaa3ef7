import { randomBytes, randomUUID } from 'node:crypto';
import { DeviceId, GatekeeperId, sessionKeyOf } from '@causeway/contracts/ids';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { keyWrapOf } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccountConsumer } from './account.consumer.js';
import { NoiseKeys } from './noise-keys.service.js';
import { NoiseKeyStore } from './noise-keys.store.js';
import { unneededKeysSweep } from './unneeded-keys.sweep.js';

const gatekeeper = GatekeeperId.parse('simulator');

describeWithEngine('postgres', 'noise keys that nobody needs', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let postgres: Postgres;
  let noiseKeys: NoiseKeys;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'test', statementTimeoutMs: 5_000 };
    admin = Postgres.connect(database.url, options);
    postgres = Postgres.connect(database.urlFor('session'), options);
    noiseKeys = new NoiseKeys(new NoiseKeyStore(postgres), keyWrapOf());
  });
  afterAll(async () => {
    await Promise.all([admin.close(), postgres.close()]);
    await database.drop();
  });

  /** A device with a Noise key, and its user's opt-in. @param removed whether the device was removed since */
  async function device(optIn: string | undefined, { removed = false, ageMs = 0 } = {}): Promise<string> {
    const [userId, deviceId, id] = [randomUUID(), DeviceId.parse(randomUUID()), randomUUID()];
    await admin.query(
      sql`insert into accounts.users (id, subject_hash) values (${userId}, ${randomBytes(32)})`,
    );
    await admin.query(sql`
      insert into accounts.devices (id, user_id, removed_at)
      values (${deviceId}, ${userId}, case when ${removed} then now() end)`);
    await admin.query(sql`
      insert into accounts.identifiers (id, user_id, kind, value_sealed, value_hmac, proven_at, method)
      values (${id}, ${userId}, 'email', ${randomBytes(8)}, ${randomBytes(32)}, now(), 'test')`);
    if (optIn !== undefined) {
      await admin.query(sql`
        insert into accounts.opt_ins (id, user_id, device_id, identifier_id, gatekeeper, state, read_receipts)
        values (${randomUUID()}, ${userId}, ${deviceId}, ${id}, ${gatekeeper}, ${optIn}, true)`);
    }
    const sessionKey = sessionKeyOf(deviceId, gatekeeper);
    await noiseKeys.publicKey(sessionKey);
    await admin.query(sql`
      update session.noise_keys set requested_at = now() - ${ageMs} * interval '1 ms'
      where session_key = ${sessionKey}`);
    return sessionKey;
  }
  const sweep = () => postgres.transaction((tx) => unneededKeysSweep.batch(tx));
  const exists = async (sessionKey: string) =>
    (await postgres.query(sql`select 1 from session.noise_keys where session_key = ${sessionKey}`)).length ===
    1;
  const late = { ageMs: limits.noiseKeyUnneededMs.value + 1_000 };

  it.each(['consented', 'enlisting', 'enlisted', 'lapsing', 'suspended', 'deleting'])(
    'stay while the opt-in is %s, however old, and when the device is removed',
    async (state) => {
      const keys = [await device(state, late), await device(state, { ...late, removed: true })];
      expect(await sweep()).toEqual({});
      expect(await Promise.all(keys.map(exists))).toEqual([true, true]);
    },
  );

  it.each(['lapsed', 'deleted', undefined])(
    'go when the opt-in is %s, a day after they were asked for',
    async (state) => {
      const young = await device(state, { ageMs: limits.noiseKeyUnneededMs.value - 60_000 });
      const [old, removed] = [await device(state, late), await device(state, { ...late, removed: true })];
      expect(await sweep()).toEqual({ unneeded: 2 });
      expect(await Promise.all([young, old, removed].map(exists))).toEqual([true, false, false]);
      await admin.query(sql`delete from session.noise_keys`);
    },
  );

  it('of a replaced device go with the events of the change, and that of the new one stays', async () => {
    const [old, next] = [await device('lapsed'), await device('enlisted')];
    const consumer = new AccountConsumer(undefined as never, noiseKeys, { forget: async () => undefined });
    const [{ at } = { at: new Date(0) }] = await postgres.query<{ at: Date }>(
      sql`select clock_timestamp() + interval '1 ms' as at`,
    );
    const [deviceId = ''] = old.split('.');
    const optIn = { userId: randomUUID(), optInId: randomUUID(), deviceId, gatekeeper } as never;
    for (const type of ['opt-in.lapsed', 'opt-in.moved', 'opt-in.lapsed']) {
      await consumer.handle({ type, ...(optIn as object) } as never, at.toISOString());
    }
    expect(await Promise.all([old, next].map(exists))).toEqual([false, true]);
  });
});
