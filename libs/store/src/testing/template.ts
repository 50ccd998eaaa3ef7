import { createHash, randomBytes } from 'node:crypto';
import { Postgres, sql, type SqlExecutor } from '@causeway/postgres';
import { migrationsFolder, readMigrations } from '../migrate/folder.js';
import { migrate } from '../migrate/migrate.js';
import { owners, type Owner } from '../owners.js';
import { applyRoles, roleOf, type RolePasswords } from '../roles/apply-roles.js';

/** Passwords of the service roles on a test server. */
export const testPasswords: RolePasswords = Object.fromEntries(
  owners.map((owner) => [owner, `test-only-${owner}`]),
) as unknown as RolePasswords;

/** A database of one test file. */
export interface TestDatabase {
  readonly name: string;
  /** URL of the server's administrator on this database. */
  readonly url: string;
  /** URL of a service's own role on this database. */
  urlFor(owner: Owner): string;
  /** Ends every connection to the database and removes it. */
  drop(): Promise<void>;
}

function urlOn(adminUrl: string, database: string, owner?: Owner): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (owner !== undefined) {
    url.username = roleOf(owner);
    url.password = testPasswords[owner];
  }
  return url.href;
}

async function withPostgres<T>(
  url: string,
  poolSize: number,
  use: (postgres: Postgres) => Promise<T>,
): Promise<T> {
  const postgres = Postgres.connect(url, {
    poolSize,
    applicationName: 'store-testing',
    statementTimeoutMs: 60_000,
  });
  try {
    return await use(postgres);
  } finally {
    await postgres.close();
  }
}

async function isReady(executor: SqlExecutor, name: string): Promise<boolean> {
  const rows = await executor.query(sql`select 1 from pg_database where datname = ${name} and datistemplate`);
  return rows.length > 0;
}

/**
 * The name of a database with all migrations and roles applied, made once per server and set of migrations; later
 * calls, from any process, find it. The administrator must be a superuser.
 */
export async function createTemplateDatabase(adminUrl: string): Promise<string> {
  const migrations = await readMigrations(migrationsFolder);
  const digest = createHash('sha256')
    .update(migrations.map(({ checksum }) => checksum).join())
    .digest('hex');
  const name = `causeway_template_${digest.slice(0, 12)}`;
  await withPostgres(adminUrl, 2, async (server) => {
    // Databases are created outside transactions, so the lock is held by one and the work is done beside it.
    await server.transaction(async (tx) => {
      await tx.query(sql`select pg_advisory_xact_lock(hashtext('causeway template'))`);
      if (await isReady(server, name)) return;
      // What is there and not marked as a template was left by a run that died half way.
      await server.query(sql`drop database if exists ${sql.ident(name)} with (force)`);
      await server.query(sql`create database ${sql.ident(name)} template template0`);
      await withPostgres(urlOn(adminUrl, name), 2, async (postgres) => {
        await migrate(postgres);
        await applyRoles(postgres, { passwords: testPasswords });
      });
      await server.query(
        sql`alter database ${sql.ident(name)} with is_template true allow_connections false`,
      );
    });
  });
  return name;
}

/** A fresh copy of the template, for one test file. */
export async function cloneTestDatabase(adminUrl: string): Promise<TestDatabase> {
  const template = await createTemplateDatabase(adminUrl);
  const name = `causeway_test_${randomBytes(8).toString('hex')}`;
  await withPostgres(adminUrl, 1, (server) =>
    server.query(sql`create database ${sql.ident(name)} template ${sql.ident(template)}`),
  );
  return {
    name,
    url: urlOn(adminUrl, name),
    urlFor: (owner) => urlOn(adminUrl, name, owner),
    drop: () =>
      withPostgres(adminUrl, 1, async (server) => {
        await server.query(sql`drop database if exists ${sql.ident(name)} with (force)`);
      }),
  };
}
