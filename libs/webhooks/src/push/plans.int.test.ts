import { Postgres } from '@causeway/postgres';
import { findByIdentifiers } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, plansOf } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PushStore } from './push.store.js';
import { resolutionsSweep, waitingCallsSweep } from './push.sweep.js';

describeWithEngine('postgres', 'statements of webhooks', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'plans', statementTimeoutMs: 10_000 };
    // The administrator: EXPLAIN of the directory names tables that webhooks itself may not see.
    postgres = Postgres.connect(database.url, options);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });

  it.each<[string, (db: Postgres) => Promise<unknown>, RegExp]>([
    ['resolve calls', (db) => new PushStore(db).resolve(100), /push_deliveries_pkey.*push_resolutions_pkey/],
    ['sweep calls', (db) => waitingCallsSweep.batch(db), /push_deliveries_pkey/],
    ['sweep resolutions', (db) => resolutionsSweep.batch(db), /push_resolutions_resolved_at_idx/],
    [
      'find users',
      (db) => findByIdentifiers(db, [{ gatekeeper: 'simulator', hmac: Buffer.alloc(32) }]),
      /identifiers_value_hmac_live_key/,
    ],
  ])('%s by index', async (_what, work, index) => {
    const plans = await plansOf(postgres, work);
    expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes).join(' ')).toMatch(index);
  });
});
