import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql, type Postgres } from '@causeway/postgres';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectForTest } from '../testing/connect.js';
import { migrationsFolder, readMigrations } from './folder.js';
import { migrate, resolveFailedMigration } from './migrate.js';

describeWithEngine('postgres', 'migrate', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'causeway-migrations-'));
    database = await createTestDatabase({ postgresUrl });
    postgres = connectForTest(database.url);
  });

  afterEach(async () => {
    await postgres.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  function write(name: string, script: string): void {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'migration.sql'), script);
  }

  const run = () => migrate(postgres, pathToFileURL(`${folder}/`));
  const journal = () =>
    postgres.query<Record<string, unknown>>(sql`select * from _prisma_migrations order by migration_name`);
  const tables = () =>
    postgres.query(sql`select relname from pg_class where relnamespace = 'public'::regnamespace
      and relkind = 'r' and relname <> '_prisma_migrations' order by relname`);

  it('applies all migrations of the store, and nothing the second time', async () => {
    const first = await migrate(postgres);
    expect(first.applied).toEqual((await readMigrations(migrationsFolder)).map(({ name }) => name));
    expect(first.applied.length).toBeGreaterThanOrEqual(7);
    expect(await migrate(postgres)).toEqual({ applied: [], ahead: [] });
  });

  it('keeps the journal as Prisma does', async () => {
    write('20260101000000_one', 'create table one (id int);\ncreate table two (id int);\n');
    await run();
    expect(await journal()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum: 'ec2f212b273799a25b1184c118ac56bd8a55b06d94316833a21703980f5eabd2',
        finished_at: expect.any(Date),
        migration_name: '20260101000000_one',
        logs: null,
        rolled_back_at: null,
        started_at: expect.any(Date),
        applied_steps_count: 1,
      },
    ]);
  });

  it('applies each migration once when several callers start together', async () => {
    for (const n of [1, 2, 3, 4, 5]) write(`2026010100000${n}_t`, `create table t${n} (id int)`);
    const others = [connectForTest(database.url), connectForTest(database.url)];
    const folderUrl = pathToFileURL(`${folder}/`);
    const reports = await Promise.all([postgres, ...others].map((one) => migrate(one, folderUrl)));
    await Promise.all(others.map((one) => one.close()));
    expect(reports.flatMap((report) => report.applied).sort()).toHaveLength(5);
    expect(await tables()).toHaveLength(5);
  });

  it('refuses a migration that was changed after it had been applied', async () => {
    write('20260101000000_one', 'create table one (id int)');
    await run();
    write('20260101000000_one', 'create table one (id bigint)');
    write('20260102000000_two', 'create table two (id int)');
    await expect(run()).rejects.toMatchObject({ code: 'migration_changed' });
    expect(await tables()).toEqual([{ relname: 'one' }]);
  });

  it('records a failure, leaves nothing of it behind, and goes on only after it was resolved', async () => {
    write('20260101000000_one', 'create table one (id int)');
    write('20260102000000_two', 'create table two (id int); create table one (id int)');
    write('20260103000000_three', 'create table three (id int)');
    await expect(run()).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('20260102000000_two'),
    });
    expect(await tables()).toEqual([{ relname: 'one' }]);
    expect((await journal())[1]).toMatchObject({
      finished_at: null,
      logs: expect.stringContaining('already exists'),
      applied_steps_count: 0,
    });
    write('20260102000000_two', 'create table two (id int)');
    await expect(run()).rejects.toMatchObject({ code: 'migration_failed_before' });
    await resolveFailedMigration(postgres, '20260102000000_two');
    expect((await run()).applied).toEqual(['20260102000000_two', '20260103000000_three']);
    await expect(resolveFailedMigration(postgres, '20260102000000_two')).rejects.toMatchObject({
      code: 'migration_not_failed',
    });
  });

  it('accepts a database that is ahead of the program, and says so', async () => {
    write('20260101000000_one', 'create table one (id int)');
    await run();
    rmSync(join(folder, '20260101000000_one'), { recursive: true });
    expect(await run()).toEqual({ applied: [], ahead: ['20260101000000_one'] });
  });

  it('gives one error for a folder without migrations', async () => {
    write('20260101000000_one', 'select 1');
    rmSync(join(folder, '20260101000000_one', 'migration.sql'));
    await expect(run()).rejects.toMatchObject({ code: 'migrations_unreadable' });
  });
});
