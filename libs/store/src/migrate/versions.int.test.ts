import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { claimInbox } from '@causeway/outbox';
import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyRoles } from '../roles/apply-roles.js';
import { connectForTest } from '../testing/connect.js';
import { createTemplateDatabase, testPasswords } from '../testing/template.js';
import { migrationsFolder } from './folder.js';
import { migrate } from './migrate.js';

/** The last migration of the version before. */
const LAST_OF_BEFORE = '20261123090006_directory';

/**
 * The hot statements of the version before, as its program sends them: they must go on while the new version comes up.
 * With a new version, what is here is replaced by the statements of the one that was released.
 */
async function versionBefore(tx: SqlExecutor, id: string): Promise<unknown> {
  await tx.query(
    sql`insert into fanout.inbox (source, id) values ('s', ${id}) on conflict (source, id) do nothing`,
  );
  await tx.query(sql`
    insert into fanout.mailbox (session_key, dedupe_key, kind, payload, expires_at)
    values ('s', ${Buffer.from(id)}, 'message', ${Buffer.from(id)}, now() + interval '30 days')`);
  await tx.query(sql`insert into fanout.submissions (session_key, message_id, payload, state, expires_at)
    values ('s', ${id}, '\\x00', 'waiting', now() + interval '30 days') on conflict do nothing`);
  await tx.query(sql`insert into fanout.outbox (id, topic, key, event, traceparent, created_at)
    values (gen_random_uuid(), 't', 's', '{}', null, now())`);
  await tx.query(
    sql`delete from fanout.outbox where id in (select id from fanout.outbox order by seq limit 1)`,
  );
  await tx.query(sql`update fanout.submissions set state = 'settled', payload = ''::bytea
    where session_key = 's' and message_id = ${id}`);
  const items = await tx.query<{ seq: string; payload: Buffer }>(sql`
    select seq, payload from fanout.mailbox
    where session_key = 's' and seq > 0 and expires_at > now() order by seq limit 100`);
  return items.map(({ payload }) => payload.toString());
}

describeWithEngine('postgres', 'two versions of the program on one schema', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let folder: string;

  beforeEach(async () => {
    database = await createTestDatabase({ postgresUrl });
    admin = connectForTest(database.url);
    folder = mkdtempSync(join(tmpdir(), 'causeway-versions-'));
    const from = fileURLToPath(migrationsFolder);
    for (const name of readdirSync(from).filter((entry) => entry <= LAST_OF_BEFORE)) {
      cpSync(join(from, name), join(folder, name), { recursive: true });
    }
    // Makes the roles, which all databases of the server share; the rights are those of the version before.
    await createTemplateDatabase(postgresUrl);
    await migrate(admin, pathToFileURL(`${folder}/`));
    const to = sql.raw('to causeway_fanout');
    await admin.query(sql`grant usage on schema fanout ${to}`);
    await admin.query(sql`grant select, insert, update, delete on all tables in schema fanout ${to}`);
    await admin.query(sql`grant usage on all sequences in schema fanout ${to}`);
  });
  afterEach(async () => {
    await admin.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  async function asFanout<T>(work: (tx: SqlExecutor) => Promise<T>): Promise<T> {
    const url = new URL(database.url);
    [url.username, url.password] = ['causeway_fanout', testPasswords.fanout];
    const postgres = connectForTest(url.href);
    try {
      return await postgres.transaction(work);
    } finally {
      await postgres.close();
    }
  }

  it('lets the version before go on with its own rights, and keeps what it had stored', async () => {
    await asFanout((tx) => versionBefore(tx, 'one'));
    await migrate(admin);
    // Before the rights are brought up to date, as in a deployment between its two steps.
    expect(await asFanout((tx) => versionBefore(tx, 'two'))).toEqual(['one', 'two']);
    await applyRoles(admin, { passwords: testPasswords });
    expect(await asFanout((tx) => versionBefore(tx, 'three'))).toEqual(['one', 'two', 'three']);
    expect(await asFanout((tx) => claimInbox(tx, 'fanout', 's', 'three'))).toBe(false);
  });

  it('numbers on where the version before ended', async () => {
    await asFanout((tx) => versionBefore(tx, 'one'));
    const before = await admin.query<{ seq: string }>(sql`select seq from fanout.mailbox`);
    await migrate(admin);
    await asFanout((tx) => versionBefore(tx, 'two'));
    const after = await admin.query<{ seq: string }>(sql`select seq from fanout.mailbox order by seq`);
    expect(after.map(({ seq }) => Number(seq))).toEqual([Number(before[0]?.seq), Number(before[0]?.seq) + 1]);
  });
});
