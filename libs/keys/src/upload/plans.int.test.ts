import { Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, plansOf } from '@causeway/testing';
import { DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countPreKeys, findIdentity, signedPreKeyAge } from '../published/published-keys.store.js';
import { isRefillOwed, markUploaded, setRefillOwed, takePreKeys } from './upload.store.js';

describeWithEngine('postgres', 'statements of keys', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  const pool = {
    deviceId: DeviceId.parse('22222222-2222-4222-8222-222222222222'),
    gatekeeper: GatekeeperId.parse('simulator'),
  };

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'plans', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.urlFor('keys'), options);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });

  it.each<[string, (db: Postgres) => Promise<unknown>, RegExp]>([
    ['take one-time prekeys', (db) => takePreKeys(db, pool, 100), /prekeys_available_idx/],
    ['count them', (db) => countPreKeys(db, pool), /prekeys_/],
    ['confirm them', (db) => markUploaded(db, pool, [1, 2]), /prekeys_/],
    ['ask what is owed', (db) => isRefillOwed(db, pool), /identities_pkey/],
    ['note what is owed', (db) => setRefillOwed(db, pool, true), /identities_pkey/],
    ['tell the age of a signed prekey', (db) => signedPreKeyAge(db, pool), /identities_pkey/],
    ['find an identity', (db) => findIdentity(db, pool), /identities_pkey/],
  ])('%s by index', async (_what, work, index) => {
    const plans = await plansOf(postgres, work);
    expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes).join(' ')).toMatch(index);
  });
});
