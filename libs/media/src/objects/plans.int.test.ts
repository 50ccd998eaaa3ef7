import { randomUUID } from 'node:crypto';
import { Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, plansOf } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MediaObjects } from './media-objects.js';

describeWithEngine('postgres', 'statements of media', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  const deviceId = randomUUID();
  const object = {
    reference: 'r',
    deviceId,
    userId: randomUUID(),
    gatekeeper: 'simulator',
    size: 1,
    sha256: Buffer.alloc(32),
  };

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'plans', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.urlFor('media'), options);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });

  it.each<[string, (db: MediaObjects) => Promise<unknown>, RegExp]>([
    ['find by reference', (objects) => objects.find('r'), /objects_pkey/],
    ['begin an upload', (objects) => objects.begin(object, { items: 1, bytes: 1 }), /objects_device_id_idx/],
    ['claim what is due', (objects) => objects.claimDue(100), /objects_expires_at_idx/],
    ['discard those of a user', (objects) => objects.discardOfUser(deviceId), /objects_user_id_idx/],
  ])('%s by index', async (_what, work, index) => {
    const plans = await plansOf(postgres, (db) => work(new MediaObjects(db)));
    expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes).join(' ')).toMatch(index);
  });
});
