import { createMetrics } from '@causeway/telemetry';
import { createTestDatabase, eventually, type TestDatabase } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { Postgres, sql, type SqlExecutor } from './index.js';

let database: TestDatabase;
let postgres: Postgres;
let admin: Postgres;
const metrics = createMetrics('retry');

beforeAll(async () => {
  database = await createTestDatabase(inject('engines'));
  const options = { poolSize: 4, applicationName: 'retry-test', statementTimeoutMs: 10_000 };
  postgres = Postgres.connect(database.url, { ...options, metrics });
  admin = Postgres.connect(database.url, options);
  await admin.query(sql`create table account (id int primary key, balance int not null)`);
  // A commit that takes as long as a test wants: the trigger runs while COMMIT is being carried out.
  await admin.query(sql`create table slow (id int)`);
  await admin.query(sql`create function sleep() returns trigger language plpgsql
    as $$ begin perform pg_sleep(20); return null; end $$`);
  await admin.query(sql`create constraint trigger slow_commit after insert on slow
    deferrable initially deferred for each row execute function sleep()`);
});
beforeEach(async () => {
  await admin.query(sql`truncate account`);
  await admin.query(sql`insert into account values (1, 0), (2, 0)`);
});
afterAll(async () => {
  await Promise.all([postgres.close(), admin.close()]);
  await database.drop();
});

const balances = async () =>
  (await admin.query<{ balance: number }>(sql`select balance from account order by id`)).map(
    ({ balance }) => balance,
  );
const add = (tx: SqlExecutor, id: number) =>
  tx.query(sql`update account set balance = balance + 1 where id = ${id}`);
const pidOf = async (tx: SqlExecutor) =>
  (await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`))[0]?.pid;
const terminate = (pid: number | undefined) =>
  admin.query(sql`select pg_terminate_backend(${pid}::int, 5000)`);
const retried = async (code: string) =>
  Number(
    new RegExp(`transaction_retries_total\\{code="${code}"[^}]*\\} (\\d+)`).exec(
      await metrics.render(),
    )?.[1] ?? 0,
  );

/** Resolves when both of two transactions have come to it for the first time. */
function meeting(): () => Promise<void> {
  let waiting = 2;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return async () => {
    if (--waiting <= 0) resolve(undefined);
    await promise;
  };
}

describe('a transaction that the server undid is done again, and has one effect', () => {
  it('after a deadlock', async () => {
    const met = meeting();
    const cross = (first: number, second: number) =>
      postgres.idempotentTransaction(async (tx) => {
        await add(tx, first);
        await met();
        await add(tx, second);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(await balances()).toEqual([2, 2]);
    expect(await retried('deadlock_detected')).toBe(1);
  });

  it('after a serialization failure', async () => {
    const met = meeting();
    const swap = (from: number, to: number) =>
      postgres.idempotentTransaction(async (tx) => {
        await tx.query(sql`select balance from account where id = ${from}`);
        await met();
        await add(tx, to);
      }, 'serializable');
    await Promise.all([swap(1, 2), swap(2, 1)]);
    expect(await balances()).toEqual([1, 1]);
    expect(await retried('serialization_failure')).toBeGreaterThanOrEqual(1);
  });

  it('after its connection was ended, as in a failover', async () => {
    let runs = 0;
    await postgres.idempotentTransaction(async (tx) => {
      await add(tx, 1);
      if (++runs === 1) await terminate(await pidOf(tx));
      await add(tx, 2);
    });
    expect(runs).toBe(2);
    expect(await balances()).toEqual([1, 1]);
    expect(await retried('database_unavailable')).toBe(1);
  });
});

describe('a transaction is not done again', () => {
  it('when its connection was ended during COMMIT: it may be there', async () => {
    let runs = 0;
    let pid: number | undefined;
    const outcome = postgres.idempotentTransaction(async (tx) => {
      runs++;
      pid = await pidOf(tx);
      await tx.query(sql`insert into slow values (1)`);
    });
    const settled = outcome.catch((error: unknown) => error);
    await eventually(async () => {
      const committing = await admin.query(
        sql`select 1 from pg_stat_activity where pid = ${pid ?? 0}::int and query = 'commit' and state = 'active'`,
      );
      expect(committing).toHaveLength(1);
    });
    await terminate(pid);
    expect(await settled).toMatchObject({ code: 'commit_unknown' });
    expect(runs).toBe(1);
  });

  it.each([
    ['a violated constraint', (tx: SqlExecutor) => tx.query(sql`insert into account values (1, 1)`)],
    [
      'an error of its own',
      () => {
        throw new Error('mine');
      },
    ],
  ])('after %s', async (_what, fail) => {
    let runs = 0;
    const outcome = postgres.idempotentTransaction(async (tx) => {
      runs++;
      await fail(tx);
    });
    await expect(outcome).rejects.toThrow();
    expect(runs).toBe(1);
  });

  it('without end', async () => {
    let runs = 0;
    const outcome = postgres.idempotentTransaction(async (tx) => {
      runs++;
      await terminate(await pidOf(tx));
      await add(tx, 1);
    });
    await expect(outcome).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(runs).toBe(4);
    expect(await balances()).toEqual([0, 0]);
  });
});
