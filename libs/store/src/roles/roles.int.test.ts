import { sql, type Postgres, type Sql } from '@causeway/postgres';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { owners, type Owner } from '../owners.js';
import { connectForTest } from '../testing/connect.js';
import { cloneTestDatabase, testPasswords, type TestDatabase } from '../testing/template.js';
import { applyRoles, roleOf } from './apply-roles.js';

/** Tables whose rows are added or erased, never edited. */
const addedOnly = new Set(['consent_log', 'audit_log']);

describeWithEngine('postgres', 'roles', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let tables: { schema: string; name: string; column: string }[];
  const as = new Map<Owner, Postgres>();
  const postgresOf = (owner: Owner): Postgres => as.get(owner) ?? admin;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    admin = connectForTest(database.url);
    for (const owner of owners) as.set(owner, connectForTest(database.urlFor(owner)));
    tables = await admin.query(sql`select n.nspname as schema, c.relname as name, a.attname as column
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join lateral (select attname from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
          order by attnum limit 1) a on true
      where n.nspname = any(${[...owners]}::text[]) and c.relkind = 'r' order by 1, 2`);
  });

  afterAll(async () => {
    await Promise.all([...as.values(), admin].map((postgres) => postgres.close()));
    await database.drop();
  });

  /** One statement per right; none changes anything, and each is refused before it runs when the right is missing. */
  function uses(schema: string, table: string, column: string): Record<string, Sql> {
    const relation = sql.ident(schema, table);
    const first = sql.ident(column);
    return {
      select: sql`select 1 from ${relation} where false`,
      insert: sql`insert into ${relation} (${first}) select ${first} from ${relation} where false`,
      update: sql`update ${relation} set ${first} = ${first} where false`,
      delete: sql`delete from ${relation} where false`,
      truncate: sql`truncate ${relation}`,
    };
  }

  it('covers every table of every owner', () => {
    expect(tables.length).toBeGreaterThanOrEqual(25);
    expect(new Set(tables.map(({ schema }) => schema))).toEqual(new Set(owners));
  });

  it.each(owners)('lets %s use its own tables', async (owner) => {
    for (const { name, column } of tables.filter(({ schema }) => schema === owner)) {
      const { truncate, update, ...allowed } = uses(owner, name, column);
      // What the migrations alone fill is read.
      if (name === 'opt_in_transitions') {
        const { select = sql``, ...writes } = uses(owner, name, column);
        await postgresOf(owner).query(select);
        for (const write of Object.values(writes))
          await expect(postgresOf(owner).query(write)).rejects.toMatchObject({ code: 'permission_denied' });
        continue;
      }
      for (const statement of Object.values(allowed)) await postgresOf(owner).query(statement);
      if (update && !addedOnly.has(name)) await postgresOf(owner).query(update);
      // Partitions of the mailbox are emptied whole; nothing else may be, the mailbox itself included.
      if (truncate && /^mailbox_\d$/.test(name)) await postgresOf(owner).query(truncate);
      else if (truncate)
        await expect(postgresOf(owner).query(truncate)).rejects.toMatchObject({ code: 'permission_denied' });
    }
  });

  it.each(owners)('refuses %s every use of every table of the others', async (owner) => {
    const denied: string[] = [];
    const foreign = tables.filter(({ schema }) => schema !== owner);
    for (const { schema, name, column } of foreign) {
      for (const [right, statement] of Object.entries(uses(schema, name, column))) {
        const outcome = await postgresOf(owner)
          .query(statement)
          .then(
            () => 'allowed',
            (error: { code: string }) => error.code,
          );
        if (outcome !== 'permission_denied') denied.push(`${right} on ${schema}.${name}: ${outcome}`);
      }
    }
    expect(denied).toEqual([]);
    expect(foreign.length).toBeGreaterThan(15);
  });

  it.each(owners)('lets %s read the directory and not write it', async (owner) => {
    const postgres = postgresOf(owner);
    expect(await postgres.query(sql`select * from accounts.directory`)).toEqual([]);
    for (const write of [
      sql`insert into accounts.directory (device_id) values (gen_random_uuid())`,
      sql`update accounts.directory set user_state = 'active'`,
      sql`delete from accounts.directory`,
    ]) {
      // A view over several tables takes no writes at all, which the server may say before it looks at rights.
      await expect(postgres.query(write)).rejects.toThrow(/permission_denied|cannot (insert|update|delete)/);
    }
  });

  it.each(owners)('refuses %s to make, change or read anything else', async (owner) => {
    for (const statement of [
      sql`create table public.x (id int)`,
      sql`create table ${sql.ident(owner, 'x')} (id int)`,
      sql`alter table ${sql.ident(owner, 'outbox')} add column x int`,
      sql`drop table ${sql.ident(owner, 'outbox')}`,
      sql`select * from public._prisma_migrations`,
      sql`create schema x`,
      sql`create role x`,
      sql`set role ${sql.ident(roleOf(owner === 'accounts' ? 'keys' : 'accounts'))}`,
    ]) {
      await expect(postgresOf(owner).query(statement)).rejects.toMatchObject({ code: 'permission_denied' });
    }
  });

  it('refuses to edit the proof of a consent', async () => {
    const statement = sql`update accounts.consent_log set action = 'given' where false`;
    await expect(postgresOf('accounts').query(statement)).rejects.toMatchObject({
      code: 'permission_denied',
    });
  });

  it('takes back a right that the table does not give', async () => {
    await admin.query(sql`grant select on accounts.users to causeway_keys`);
    await postgresOf('keys').query(sql`select 1 from accounts.users`);
    await applyRoles(admin, { passwords: testPasswords });
    await expect(postgresOf('keys').query(sql`select 1 from accounts.users`)).rejects.toMatchObject({
      code: 'permission_denied',
    });
    await postgresOf('keys').query(sql`select 1 from accounts.directory`);
  });

  it('are given in several databases of one server at once', async () => {
    const others = await Promise.all([1, 2, 3].map(() => cloneTestDatabase(postgresUrl)));
    const admins = others.map(({ url }) => connectForTest(url));
    await Promise.all([admin, ...admins].map((each) => applyRoles(each, { passwords: testPasswords })));
    await Promise.all(admins.map((each) => each.close()));
    await Promise.all(others.map((other) => other.drop()));
  });

  it('shares the event log, where there is one', async () => {
    const use = sql`insert into eventlog.events values (default) returning seq`;
    await admin.query(sql`create schema eventlog`);
    await admin.query(sql`create table eventlog.events (seq bigserial)`);
    await expect(postgresOf('media').query(use)).rejects.toMatchObject({ code: 'permission_denied' });
    await applyRoles(admin, { passwords: testPasswords });
    for (const owner of owners) expect(await postgresOf(owner).query(use)).toHaveLength(1);
    await expect(postgresOf('media').query(sql`drop table eventlog.events`)).rejects.toMatchObject({
      code: 'permission_denied',
    });
  });

  it('refuses a wrong password, and one that cannot be set', async () => {
    const url = new URL(database.urlFor('keys'));
    url.password = 'not-the-password';
    const postgres = connectForTest(url.href);
    await expect(postgres.query(sql`select 1`)).rejects.toThrow(/28P01/);
    await postgres.close();
    for (const unusable of ['short', 'pässword-with-umlaut', `x\ny${'z'.repeat(20)}`]) {
      const passwords = { ...testPasswords, media: unusable };
      await expect(applyRoles(admin, { passwords })).rejects.toMatchObject({ code: 'password_unusable' });
    }
  });
});
