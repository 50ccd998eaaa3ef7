import { startEmbeddedPostgres } from '@causeway/embedded-postgres';
import { migrateEventLog } from '@causeway/events';
import { Postgres, sql } from '@causeway/postgres';
import { applyRoles, migrate, roleOf } from '@causeway/store/migrate';
import type { DevelopmentKeys } from './development-keys.js';
import { serviceNames } from './service-names.js';

const DATABASE = 'causeway';
const STATEMENT_MS = 60_000;

/** The stack's own PostgreSQL, migrated and with a role per service. */
export interface StackDatabase {
  /** @returns the URL with which a service connects, as its own role. */
  urlOf(service: (typeof serviceNames)[number]): string;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL from its npm package and brings its schema up to date.
 * @throws {EmbeddedPostgresError} when the port or the folder cannot be used
 */
export async function startDatabase(
  folder: string,
  port: number,
  keys: DevelopmentKeys,
  log: (line: string) => void,
): Promise<StackDatabase> {
  const server = await startEmbeddedPostgres({ dataDir: folder, port, log });
  try {
    await createDatabase(server.url);
    const url = databaseUrl(server.url);
    await prepare(url, keys);
    return {
      urlOf(service) {
        const own = new URL(url);
        own.username = roleOf(service);
        own.password = keys.databasePasswords[service];
        return own.href;
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  await withAdmin(adminUrl, async (admin) => {
    const [found] = await admin.query(sql`select 1 from pg_database where datname = ${DATABASE}`);
    if (found === undefined) await admin.query(sql`create database ${sql.ident(DATABASE)}`);
  });
}

async function prepare(url: string, keys: DevelopmentKeys): Promise<void> {
  await withAdmin(url, async (admin) => {
    await migrate(admin);
    await applyRoles(admin, { passwords: keys.databasePasswords });
    await migrateEventLog(admin);
    // The log is every service's, as the brokers are: whoever publishes writes, whoever consumes moves its offsets.
    for (const service of serviceNames) {
      const role = sql.ident(roleOf(service));
      await admin.query(sql`grant usage on schema eventlog to ${role}`);
      await admin.query(
        sql`grant select, insert, update, delete on all tables in schema eventlog to ${role}`,
      );
      await admin.query(sql`grant usage on all sequences in schema eventlog to ${role}`);
    }
  });
}

async function withAdmin(url: string, work: (admin: Postgres) => Promise<void>): Promise<void> {
  const options = { poolSize: 2, applicationName: 'causeway-migrate', statementTimeoutMs: STATEMENT_MS };
  const admin = Postgres.connect(url, options);
  try {
    await work(admin);
  } finally {
    await admin.close();
  }
}

function databaseUrl(adminUrl: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${DATABASE}`;
  return url.href;
}
