import { randomUUID } from 'node:crypto';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInProcess } from '../fixtures/in-process.js';

/** More than the statement takes at once. */
const MANY = 1_200;

describeWithEngine('postgres', 'causeway wakes', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    admin = Postgres.connect(database.url, {
      poolSize: 1,
      applicationName: 'wakes-test',
      statementTimeoutMs: 10_000,
    });
  });
  afterAll(async () => {
    await admin.close();
    await database.drop();
  });

  const run = (...argv: string[]) =>
    runInProcess(['wakes', ...argv], { CAUSEWAY_ADMIN_DATABASE_URL: database.url });
  const json = async (...argv: string[]): Promise<unknown> =>
    JSON.parse((await run(...argv, '--json')).stdout);
  const add = (gatekeeper: string, state: string, count: number) =>
    admin.query(sql`
      insert into fanout.wakes (device_id, gatekeeper, user_id, urgent, state, attempts, requested_at, due_at)
      select gen_random_uuid(), ${gatekeeper}, ${randomUUID()}::uuid, true, ${state}, 24,
        timestamptz '2026-11-01 12:00:00+00', now() - interval '1 hour'
      from generate_series(1, ${count})`);

  it('says that nothing was given up', async () => {
    await add('simulator', 'sent', 1);
    expect((await run('list')).stdout).toBe('no device waits in vain\n');
    expect(await json('retry')).toEqual({ ok: true, retried: 0 });
  });

  it('counts what was given up, and makes it due again with all its attempts', async () => {
    await add('simulator', 'dead', MANY);
    await add('other', 'dead', 2);
    const oldest = '2026-11-01T12:00:00.000Z';
    expect(await json('list')).toEqual({
      ok: true,
      dead: [
        { gatekeeper: 'other', devices: 2, oldest },
        { gatekeeper: 'simulator', devices: MANY, oldest },
      ],
    });
    expect((await run('list')).stdout).toContain(`other: 2 devices, the first since ${oldest}\n`);
    expect(await json('retry', '--gatekeeper', 'other')).toEqual({ ok: true, retried: 2 });
    expect(await json('list')).toMatchObject({ dead: [{ gatekeeper: 'simulator' }] });
    expect((await run('retry')).stdout).toMatch(/^1200 devices are woken again/);
    const rows = await admin.query(sql`
      select state, attempts, count(*)::int from fanout.wakes group by state, attempts order by state`);
    expect(rows).toEqual([
      { state: 'sent', attempts: 24, count: 1 },
      { state: 'waiting', attempts: 0, count: MANY + 2 },
    ]);
    expect(await json('retry')).toEqual({ ok: true, retried: 0 });
  });

  it('takes no name that is not a profile’s', async () => {
    await expect(run('retry', '--gatekeeper', 'Not An Id')).rejects.toThrow();
  });
});
