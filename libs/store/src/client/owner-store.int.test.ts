import { randomBytes } from 'node:crypto';
import { Postgres, sql } from '@causeway/postgres';
import { appendToOutbox, claimInbox } from '@causeway/outbox';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountsStore, type AccountsStore } from '../accounts/index.js';
import { fanoutStore } from '../fanout/index.js';
import { connectForTest } from '../testing/connect.js';
import { cloneTestDatabase, type TestDatabase } from '../testing/template.js';
import { asExecutor } from './executor.js';

describeWithEngine('postgres', 'a store', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let store: AccountsStore;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = connectForTest(database.urlFor('accounts'));
    store = accountsStore(postgres);
  });

  afterAll(async () => {
    await store.close();
    await postgres.close();
    await database.drop();
  });

  const newUser = () => ({ subjectHash: randomBytes(32) });

  it('reaches its own models and no others, in the client and in a transaction', async () => {
    expect(Object.keys(store.client)).toContain('user');
    expect(Object.keys(store.client)).not.toContain('mailboxItem');
    await store.transaction(async (tx) => {
      expect(Object.keys(tx).sort()).toEqual([...Object.keys(store.client), '$queryRawUnsafe'].sort());
    });
    // @ts-expect-error the mailbox belongs to fanout
    expect(store.client.mailboxItem).toBeUndefined();
  });

  it("is refused by the database where another owner's store is opened on its role", async () => {
    const foreign = fanoutStore(postgres);
    await expect(foreign.client.mailboxItem.count()).rejects.toMatchObject({ code: 'permission_denied' });
    await foreign.close();
  });

  it('commits model calls, an inbox claim and an outbox append together', async () => {
    const topic = {
      name: 'causeway.account.v1',
      schema: { parse: (value: unknown) => value as { id: string } },
      key: (event: { id: string }) => event.id,
    } as const;
    const source = crypto.randomUUID();
    const handle = () =>
      store.transaction(async (tx) => {
        if (!(await claimInbox(asExecutor(tx), 'accounts', source, '1'))) return undefined;
        const user = await tx.user.create({ data: newUser() });
        await appendToOutbox(asExecutor(tx), 'accounts', topic, [{ data: { id: user.id } }]);
        return user;
      });
    const user = await handle();
    const [event] = await store.client.accountsOutbox.findMany({ where: { key: user?.id ?? '' } });
    expect(event).toMatchObject({ topic: topic.name, event: { id: user?.id } });
    expect(await handle()).toBeUndefined();
  });

  it('rolls both back when the callback throws, and throws what it threw', async () => {
    const mine = new Error('mine');
    const data = newUser();
    const attempt = store.transaction(async (tx) => {
      await tx.user.create({ data });
      await asExecutor(tx).query(sql`insert into accounts.inbox (source, id) values ('s', 'rolled-back')`);
      throw mine;
    });
    await expect(attempt).rejects.toBe(mine);
    expect(await store.client.user.findUnique({ where: { subjectHash: data.subjectHash } })).toBeNull();
    expect(await store.client.accountsInbox.count({ where: { id: 'rolled-back' } })).toBe(0);
  });

  it('gives raw rows as the pool gives them', async () => {
    const statement = sql`select 1::int as a, ${'9007199254740993'}::bigint as b, 3.5::numeric as c,
      ${Buffer.from([1, 2])}::bytea as d, ${new Date(0)}::timestamptz as e, ${{ x: [1, null] }}::jsonb as f,
      array[1, 2]::bigint[] as g, null as h, ${['a', null]}::text[] as i, ${[Buffer.from([7])]}::bytea[] as j,
      ${['{"y":"z, \\"q\\""}']}::jsonb[] as k, ${[1, 2]}::int[] as l, ${undefined}::text as m, ${true}::boolean as n,
      ${12n}::bigint as o, '1 day'::interval::text as p, ${[]}::text[] as q`;
    const pooled = await postgres.query(statement);
    expect(await store.transaction((tx) => asExecutor(tx).query(statement))).toEqual(pooled);
  });

  it('gives one class of error for models and raw statements, with no value in it', async () => {
    const { subjectHash } = await store.client.user.create({ data: newUser() });
    const secret = 'alice@example.org';
    const duplicate = {
      code: 'unique_violation',
      constraint: 'users_subject_hash_key',
      name: 'PostgresError',
    };
    await expect(store.client.user.create({ data: { subjectHash } })).rejects.toMatchObject(duplicate);
    const raw = (statement: ReturnType<typeof sql>) =>
      store.transaction((tx) => asExecutor(tx).query(statement));
    await expect(
      raw(sql`insert into accounts.users (subject_hash) values (${subjectHash}::bytea)`),
    ).rejects.toMatchObject(duplicate);
    const leaky = [
      store.client.user.create({ data: { ...newUser(), state: secret } }),
      store.client.user.findUnique({ where: { id: secret } }),
      store.client.device.create({ data: { userId: crypto.randomUUID(), name: secret } }),
      raw(sql`select ${secret}::uuid`),
      raw(sql`insert into accounts.users (subject_hash, state) values ('\\x00', ${secret})`),
    ];
    const errors = await Promise.all(
      leaky.map((call) =>
        call.then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    );
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual([
      'check_violation',
      'query_failed',
      'foreign_key_violation',
      'query_failed',
      'check_violation',
    ]);
    for (const error of errors) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret);
    }
  });

  it('passes on that a record was not found', async () => {
    const missing = store.client.user.update({
      where: { id: crypto.randomUUID() },
      data: { state: 'active' },
    });
    await expect(missing).rejects.toMatchObject({ code: 'P2025' });
  });

  it('ends a transaction whose connection was cut, and goes on with the next one', async () => {
    const admin = connectForTest(database.url);
    const cut = store.transaction(async (tx) => {
      const [self] = await asExecutor(tx).query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await admin.query(sql`select pg_terminate_backend(${self?.pid}::int, 5000)`);
      return tx.user.count();
    });
    await expect(cut).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(await store.client.user.count()).toBeGreaterThan(0);
    await admin.close();
  });

  it('fails in time when every connection is taken, and when the database is away', async () => {
    const options = { applicationName: 'store-test', statementTimeoutMs: 10_000, connectTimeoutMs: 1_000 };
    const held = Postgres.connect(database.urlFor('accounts'), { ...options, poolSize: 1 });
    const waiting = accountsStore(held);
    const [begun, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const holder = held.transaction((tx) => {
      begun.resolve(undefined);
      return tx.query(sql`select 1`).then(() => end.promise);
    });
    await begun.promise;
    const calls = [waiting.transaction((tx) => tx.user.count()), waiting.client.user.count()];
    const outcomes = await Promise.all(
      calls.map((call) => call.catch((error: { code: string }) => error.code)),
    );
    expect(outcomes).toEqual(['pool_exhausted', 'pool_exhausted']);
    end.resolve(undefined);
    await holder;
    await waiting.close();
    await held.close();
    const away = connectForTest('postgres://nobody:nothing@127.0.0.1:1/none');
    const unreachable = accountsStore(away);
    await expect(unreachable.client.user.count()).rejects.toMatchObject({ code: 'database_unavailable' });
    await unreachable.close();
    await away.close();
  });
});
