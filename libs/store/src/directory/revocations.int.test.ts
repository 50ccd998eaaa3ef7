import { randomUUID } from 'node:crypto';
import { sql, type Postgres } from '@causeway/postgres';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectForTest } from '../testing/connect.js';
import { cloneTestDatabase, type TestDatabase } from '../testing/template.js';
import { revokedSince } from './index.js';

describeWithEngine('postgres', 'the record of revocations', (postgresUrl) => {
  let database: TestDatabase;
  let writer: Postgres;
  let reader: Postgres;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    writer = connectForTest(database.urlFor('accounts'));
    reader = connectForTest(database.urlFor('fanout'));
  });
  afterAll(async () => {
    await Promise.all([writer.close(), reader.close()]);
    await database.drop();
  });
  beforeEach(async () => void (await writer.query(sql`delete from accounts.revocations`)));

  async function revoke(from: number, count = 1): Promise<string[]> {
    const devices = Array.from({ length: count }, () => randomUUID());
    for (const [index, device] of devices.entries()) {
      await writer.query(sql`
        insert into accounts.revocations (epoch, device_id) values (${from + index}, ${device}::uuid)`);
    }
    return devices;
  }

  it('tells what came after an epoch, in order, and nothing to who only asks for the epoch', async () => {
    expect(await revokedSince(reader, undefined, 10)).toEqual({ epoch: 0n, deviceIds: [] });
    expect(await revokedSince(reader, 0n, 10)).toEqual({ epoch: 0n, deviceIds: [] });
    const devices = await revoke(1, 10);
    expect(await revokedSince(reader, 0n, 10)).toEqual({ epoch: 10n, deviceIds: devices });
    expect(await revokedSince(reader, 8n, 10)).toEqual({ epoch: 10n, deviceIds: devices.slice(8) });
    expect(await revokedSince(reader, 10n, 10)).toEqual({ epoch: 10n, deviceIds: [] });
    expect(await revokedSince(reader, undefined, 10)).toEqual({ epoch: 10n, deviceIds: [] });
  });

  it('tells everybody to look when there are more than asked for', async () => {
    await revoke(1, 4);
    expect(await revokedSince(reader, 0n, 3)).toEqual({ epoch: 4n, deviceIds: 'all' });
    expect(await revokedSince(reader, 1n, 3)).toMatchObject({ epoch: 4n, deviceIds: { length: 3 } });
  });

  it('tells everybody to look when the record was cut, or the database set back', async () => {
    await revoke(7);
    expect(await revokedSince(reader, 5n, 10)).toEqual({ epoch: 7n, deviceIds: 'all' });
    expect(await revokedSince(reader, 9n, 10)).toEqual({ epoch: 7n, deviceIds: 'all' });
  });
});
