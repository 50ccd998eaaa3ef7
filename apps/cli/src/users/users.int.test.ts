import { randomBytes, randomUUID } from 'node:crypto';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInProcess } from '../fixtures/in-process.js';

describeWithEngine('postgres', 'causeway users', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  const user = randomUUID();

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = Postgres.connect(database.url, {
      poolSize: 2,
      applicationName: 'test',
      statementTimeoutMs: 5_000,
    });
    await postgres.query(
      sql`insert into accounts.users (id, subject_hash) values (${user}, ${randomBytes(32)})`,
    );
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });

  const run = (...argv: string[]) =>
    runInProcess(['users', 'mode', ...argv], { CAUSEWAY_ADMIN_DATABASE_URL: database.url });

  it('chooses a mode, says so, and leaves it in the audit log', async () => {
    expect((await run(user, 'simulator', 'tunnel')).stdout).toContain('the mode is tunnel now');
    const again = await run(user, 'simulator', 'tunnel', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, mode: 'tunnel', changed: false });
    expect((await run(user, 'simulator', 'profile')).stdout).toContain('the mode is profile now');
    const log = await postgres.query(sql`
      select actor, action, reason from accounts.audit_log where user_id = ${user}::uuid order by at`);
    expect(log).toEqual([
      { actor: 'system', action: 'connection_mode.chosen', reason: 'tunnel' },
      { actor: 'system', action: 'connection_mode.reset', reason: null },
    ]);
  });

  it('knows users by their ids alone', async () => {
    await expect(run(randomUUID(), 'simulator', 'tunnel')).rejects.toMatchObject({ code: 'user_unknown' });
    await expect(run('alice', 'simulator', 'tunnel')).rejects.toThrow();
    await expect(run(user, 'simulator', 'pigeon')).rejects.toThrow();
  });
});
