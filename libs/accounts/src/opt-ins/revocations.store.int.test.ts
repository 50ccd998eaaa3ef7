import { randomUUID } from 'node:crypto';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { revokedSince } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordRevocation } from './revocations.store.js';

describeWithEngine('postgres', 'recording revocations', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 5, applicationName: 'test', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.urlFor('accounts'), options);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });

  it('becomes visible in the order of the epochs, whichever transaction ends first', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const written = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const slow = postgres.transaction(async (tx) => {
      await recordRevocation(tx, first);
      written.resolve();
      await mayEnd.promise;
    });
    await written.promise;
    const quick = postgres.transaction((tx) => recordRevocation(tx, second));
    const { epoch } = await revokedSince(postgres, 0n, 10);
    expect(epoch).toBe(0n);
    mayEnd.resolve();
    await Promise.all([slow, quick]);
    expect(await revokedSince(postgres, 0n, 10)).toEqual({ epoch: 2n, deviceIds: [first, second] });
  });

  it('loses none of many at once, keeps a day of them, and always the newest', async () => {
    const before = await revokedSince(postgres, undefined, 10);
    await Promise.all(
      Array.from({ length: 20 }, () => postgres.transaction((tx) => recordRevocation(tx, randomUUID()))),
    );
    expect(await revokedSince(postgres, before.epoch, 100)).toMatchObject({
      epoch: before.epoch + 20n,
      deviceIds: { length: 20 },
    });
    const oldMs = limits.revocationRetentionMs.value + 60_000;
    await postgres.query(
      sql`update accounts.revocations set at = now() - ${oldMs} * interval '1 millisecond'`,
    );
    await postgres.transaction((tx) => recordRevocation(tx, randomUUID()));
    const rows = await postgres.query<{ epoch: string }>(sql`select epoch from accounts.revocations`);
    expect(rows.map(({ epoch }) => BigInt(epoch))).toEqual([before.epoch + 21n]);
  });
});
