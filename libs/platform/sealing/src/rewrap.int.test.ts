import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { createTestDatabase, describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { countWrapped, createDataKey, DataKey, rewrapTable, RingKeyWrap, WrappingKeys } from './index.js';
import { countBehind, type SealedTable } from './sealed-table.js';
import { createWrappingRing, keyWrapOf } from './testing/index.js';

const table: SealedTable = {
  table: 'public.records',
  id: { column: 'name', type: 'text' },
  wrappedKey: 'wrapped',
  context: (id) => `record ${id}`,
};
const ring = createWrappingRing('1', '2', '3');
const upTo = (count: number) => keyWrapOf({ ...ring, keys: ring.keys.slice(0, count) });
const now3 = () => new RingKeyWrap(() => new WrappingKeys(ring), Date.now);

describeWithEngine('postgres', 'wrapping data keys anew', (postgresUrl) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let postgres: Postgres;

  beforeAll(async () => {
    database = await createTestDatabase({ postgresUrl });
    const options = { poolSize: 4, applicationName: 'test', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.url, options);
    await postgres.query(sql`create table records (name text primary key, wrapped bytea)`);
    await postgres.query(sql`
      create index on records ((substring(wrapped from 3 for get_byte(wrapped, 1))), name)`);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });
  beforeEach(() => postgres.query(sql`truncate records`));

  /** @param by with how many keys of the ring it is wrapped */
  async function insert(name: string, by: number): Promise<void> {
    const wrapped = await createDataKey(upTo(by), table.context(name));
    await postgres.query(sql`insert into records values (${name}, ${wrapped})`);
  }
  const counts = async () => Object.fromEntries(await countWrapped(postgres, table));

  it('leaves every row under the present key, in batches, and each opens as before', async () => {
    const batch = limits.rewrapBatchRows.value;
    const rows = Array.from({ length: 2 * batch + 1 }, (_, index) => `r${index}`);
    await Promise.all(rows.map((name, index) => insert(name, (index % 2) + 1)));
    await insert('present', 3);
    await postgres.query(sql`insert into records values ('erased', null)`);
    expect(await counts()).toEqual({ 1: batch + 1, 2: batch, 3: 1 });
    expect(Object.fromEntries(await countBehind(postgres, table, '3'))).toEqual({ 1: batch + 1, 2: batch });
    const told: number[] = [];
    const done = await rewrapTable(postgres, table, now3(), (so) => told.push(so));
    expect(done).toEqual({ rewrapped: rows.length, unreadable: 0 });
    expect(told).toEqual([batch, batch + 1, 2 * batch + 1]);
    expect(await counts()).toEqual({ 3: rows.length + 1 });
    expect((await countBehind(postgres, table, '3')).size).toBe(0);
    const third = keyWrapOf({ ...ring, keys: ring.keys.slice(2) });
    const [row] = await postgres.query<{ wrapped: Buffer }>(
      sql`select wrapped from records where name = 'r0'`,
    );
    await expect(DataKey.open(third, 'record r0', row?.wrapped ?? Buffer.alloc(0))).resolves.toBeDefined();
    expect(await rewrapTable(postgres, table, now3())).toEqual({ rewrapped: 0, unreadable: 0 });
  });

  it('leaves what does not open as it is, counts it, and goes on', async () => {
    await insert('a', 1);
    await insert('b', 1);
    await postgres.query(sql`update records set wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)
      where name = 'a'`);
    const foreign = await createDataKey(keyWrapOf(createWrappingRing('elsewhere')), table.context('c'));
    await postgres.query(sql`insert into records values ('c', ${foreign})`);
    expect(await rewrapTable(postgres, table, now3())).toEqual({ rewrapped: 1, unreadable: 2 });
    expect(await counts()).toEqual({ 1: 1, 3: 1, elsewhere: 1 });
  });

  it('never brings back a key that an erasure or the service changed meanwhile', async () => {
    await insert('erased', 1);
    await insert('renewed', 1);
    const renewed = await createDataKey(upTo(2), table.context('renewed'));
    const keyWrap = now3();
    const slow = Object.assign(Object.create(keyWrap) as RingKeyWrap, {
      wrapper: () => keyWrap.wrapper(),
      unwrap: (wrapped: Uint8Array, context: string) => keyWrap.unwrap(wrapped, context),
      wrap: async (dataKey: Uint8Array, context: string) => {
        await postgres.query(sql`update records set wrapped = null where name = 'erased'`);
        await postgres.query(sql`update records set wrapped = ${renewed} where name = 'renewed'`);
        return keyWrap.wrap(dataKey, context);
      },
    });
    expect(await rewrapTable(postgres, table, slow)).toEqual({ rewrapped: 0, unreadable: 0 });
    expect(await postgres.query(sql`select name, wrapped from records order by name`)).toEqual([
      { name: 'erased', wrapped: null },
      { name: 'renewed', wrapped: Buffer.from(renewed) },
    ]);
  });

  it('keeps what was done when it is broken off', async () => {
    const rows = Array.from({ length: limits.rewrapBatchRows.value + 3 }, (_, index) => `r${index}`);
    await Promise.all(rows.map((name) => insert(name, 1)));
    const stop = rewrapTable(postgres, table, now3(), () => {
      throw new Error('killed');
    });
    await expect(stop).rejects.toThrow('killed');
    expect(await counts()).toEqual({ 1: 3, 3: rows.length - 3 });
    expect(await rewrapTable(postgres, table, now3())).toEqual({ rewrapped: 3, unreadable: 0 });
  });
});
