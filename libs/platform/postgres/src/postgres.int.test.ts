import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createMetrics, type Metrics } from '@causeway/telemetry';
import { createTestDatabase, eventually, type TestDatabase } from '@causeway/testing';
import { lockInTransaction, Postgres, PostgresError, sql } from './index.js';

let database: TestDatabase;
let postgres: Postgres;

function open(
  options: { poolSize?: number; statementTimeoutMs?: number; maxWaiting?: number; metrics?: Metrics } = {},
): Postgres {
  return Postgres.connect(database.url, {
    poolSize: 3,
    applicationName: 'postgres-test',
    statementTimeoutMs: 1_000,
    connectTimeoutMs: 500,
    ...options,
  });
}

const terminateOthers = (by: Postgres): Promise<unknown> =>
  by.query(sql`select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()`);

beforeAll(async () => {
  database = await createTestDatabase(inject('engines'));
  postgres = open();
  await postgres.query(sql`create table account (id int primary key, name text not null)`);
});

afterAll(async () => {
  await postgres.close();
  await database.drop();
});

describe('statements', () => {
  it('binds values and names the application', async () => {
    const [row] = await postgres.query<{ name: string; app: string }>(
      sql`select ${"o'neil; drop"}::text as name, current_setting('application_name') as app`,
    );
    expect(row).toEqual({ name: "o'neil; drop", app: 'postgres-test' });
  });

  it('exposes the violated constraint and keeps the values out of the error', async () => {
    await postgres.query(sql`insert into account values (1, 'one')`);
    const secret = 'alice@example.org';
    const failure = await postgres
      .query(sql`insert into account values (1, ${secret})`)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PostgresError);
    expect(failure).toMatchObject({ code: 'unique_violation', constraint: 'account_pkey', table: 'account' });
    const cast = await postgres.query(sql`select ${secret}::text::int`).catch((error: unknown) => error);
    expect(cast).toMatchObject({ code: 'query_failed', sqlState: '22P02' });
    expect(JSON.stringify([failure, cast]) + String(failure) + String(cast)).not.toContain('alice');
  });

  it('names the closed codes', async () => {
    const code = (statement: ReturnType<typeof sql>) =>
      postgres.query(statement).then(
        () => 'none',
        (error: unknown) => (error instanceof PostgresError ? error.code : 'foreign'),
      );
    expect(await code(sql`insert into account values (2, null)`)).toBe('not_null_violation');
    expect(await code(sql`select * from nowhere`)).toBe('query_failed');
    expect(await code(sql`select pg_sleep(5)`)).toBe('statement_timeout');
  });
});

describe('transaction', () => {
  it('rolls back and throws what was thrown', async () => {
    const thrown = new Error('mine');
    const failed = postgres.transaction(async (tx) => {
      await tx.query(sql`insert into account values (10, 'ten')`);
      throw thrown;
    });
    await expect(failed).rejects.toBe(thrown);
    expect(await postgres.query(sql`select 1 from account where id = 10`)).toEqual([]);
  });

  it('does not report a transaction as committed after a swallowed failure', async () => {
    const swallowed = postgres.transaction(async (tx) => {
      await tx.query(sql`insert into account values (11, 'x')`);
      await tx.query(sql`insert into account values (11, 'x')`).catch(() => undefined);
    });
    await expect(swallowed).rejects.toMatchObject({ code: 'query_failed' });
  });

  it('refuses a statement after its end', async () => {
    const leaked = await postgres.transaction(async (tx) => tx);
    await expect(leaked.query(sql`select 1`)).rejects.toMatchObject({ code: 'transaction_closed' });
  });

  it('reports serialization failures, and does not retry', async () => {
    await postgres.query(sql`insert into account values (20, 'a')`);
    let runs = 0;
    const conflict = postgres.transaction(async (tx) => {
      runs++;
      await tx.query(sql`select * from account where id = 20`);
      await postgres.query(sql`update account set name = 'b' where id = 20`);
      await tx.query(sql`update account set name = 'c' where id = 20`);
    }, 'repeatable read');
    await expect(conflict).rejects.toMatchObject({ code: 'serialization_failure' });
    expect(runs).toBe(1);
  });

  it('says that the outcome of a COMMIT over a broken connection is unknown', async () => {
    const broken = postgres.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await postgres.query(sql`select pg_terminate_backend(${row?.pid}::int, 2000)`);
    });
    await expect(broken).rejects.toMatchObject({ code: 'commit_unknown' });
    expect(await postgres.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });
});

describe('limits', () => {
  it('refuses when no connection becomes free within the deadline, and when too many wait', async () => {
    const metrics = createMetrics('test');
    const narrow = open({ poolSize: 1, maxWaiting: 1, metrics });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holder = narrow.transaction(() => held);
    await eventually(() => expect(narrow.poolStats().total).toBe(1));
    const waiting = narrow.query(sql`select 1`);
    const refused = narrow.query(sql`select 1`);
    await expect(refused).rejects.toMatchObject({ code: 'pool_exhausted' });
    await expect(waiting).rejects.toMatchObject({ code: 'pool_exhausted' });
    expect(await metrics.render()).toMatch(/connections_refused_total\{code="pool_exhausted"[^}]*\} 2\n/);
    release();
    await holder;
    expect(await narrow.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
    await narrow.close();
  });

  it('is unavailable, not broken, when nothing listens', async () => {
    const nobody = Postgres.connect('postgres://u:p@127.0.0.1:1/x', {
      poolSize: 1,
      applicationName: 'test',
      statementTimeoutMs: 500,
    });
    await expect(nobody.query(sql`select 1`)).rejects.toMatchObject({ code: 'database_unavailable' });
    await expect(nobody.listen('c', () => undefined)).rejects.toMatchObject({ code: 'database_unavailable' });
    await nobody.close();
  });
});

describe('session connection', () => {
  it('delivers notifications, and after a lost connection listens again and tells of the gap', async () => {
    const listening = open();
    const heard: string[] = [];
    let gaps = 0;
    const first = await listening.listen('bell', {
      onNotify: (payload) => heard.push(payload),
      onGap: () => gaps++,
    });
    await postgres.query(sql`select pg_notify('bell', 'one')`);
    await eventually(() => expect(heard).toEqual(['one']));
    await terminateOthers(postgres);
    await eventually(() => expect(gaps).toBe(1));
    await postgres.query(sql`select pg_notify('bell', 'two')`);
    await eventually(() => expect(heard).toEqual(['one', 'two']));
    await first.close();
    const second = await listening.listen('other', () => undefined);
    await postgres.query(sql`select pg_notify('bell', 'three')`);
    await delay(50);
    expect(heard).toHaveLength(2);
    await second.close();
    await listening.close();
  });

  it('grants a named lock to one holder, within a process and between them, and tells when it is lost', async () => {
    const [one, two] = [open(), open()];
    const lock = await one.tryAdvisoryLock('outbox:accounts');
    expect(lock).toBeDefined();
    expect(await one.tryAdvisoryLock('outbox:accounts')).toBeUndefined();
    expect(await two.tryAdvisoryLock('outbox:accounts')).toBeUndefined();
    expect(await two.tryAdvisoryLock('outbox:keys')).toBeDefined();
    await lock?.release();
    const next = await two.tryAdvisoryLock('outbox:accounts');
    expect(next?.lost.aborted).toBe(false);
    await terminateOthers(postgres);
    await eventually(() => expect(next?.lost.aborted).toBe(true));
    await one.close();
    await two.close();
  });

  it('waits for a lock inside a transaction', async () => {
    const order: string[] = [];
    await postgres.transaction(async (tx) => {
      await lockInTransaction(tx, 'migrate');
      const other = postgres.transaction(async (later) => {
        await lockInTransaction(later, 'migrate');
        order.push('second');
      });
      await delay(30);
      order.push('first');
      return { other };
    });
    await eventually(() => expect(order).toEqual(['first', 'second']));
  });
});
