import { createServer, type AddressInfo } from 'node:net';
import { runningEmbeddedPostgres, startEmbeddedPostgres } from '@causeway/embedded-postgres';
import { forgetMembers, migrateEventLog } from '@causeway/events';
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
 * @param fresh begin with an empty database
 * @throws {EmbeddedPostgresError} when the port or the folder cannot be used
 */
export async function startDatabase(
  folder: string,
  port: number,
  keys: DevelopmentKeys,
  log: (line: string) => void,
  fresh: boolean,
): Promise<StackDatabase> {
  const server = await startEmbeddedPostgres({ dataDir: folder, port, log });
  try {
    await createDatabase(server.url, fresh);
    const url = databaseUrl(server.url);
    await prepareDatabase(url, keys);
    // The services of a stack are one process: whoever is a member still was killed.
    await withAdmin(url, forgetMembers);
    log('the database is up to date');
    return {
      urlOf: (service) => urlAsRole(url, service, keys),
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Gives the database of a stack to some work, as its superuser: the running server, or one that is started for it.
 * @throws {EmbeddedPostgresError} when it cannot be started
 */
export async function withStackDatabase<R>(folder: string, work: (url: string) => Promise<R>): Promise<R> {
  const running = runningEmbeddedPostgres(folder);
  if (running !== undefined) return work(databaseUrl(running));
  const server = await startEmbeddedPostgres({
    dataDir: folder,
    port: await freePort(),
    log: () => undefined,
  });
  try {
    return await work(databaseUrl(server.url));
  } finally {
    await server.stop();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** @returns the URL of a database for a service, as its own role. */
export function urlAsRole(
  url: string,
  service: (typeof serviceNames)[number],
  keys: DevelopmentKeys,
): string {
  const own = new URL(url);
  own.username = roleOf(service);
  own.password = keys.databasePasswords[service];
  return own.href;
}

async function createDatabase(adminUrl: string, fresh: boolean): Promise<void> {
  await withAdmin(adminUrl, async (admin) => {
    if (fresh) await admin.query(sql`drop database if exists ${sql.ident(DATABASE)} with (force)`);
    const [found] = await admin.query(sql`select 1 from pg_database where datname = ${DATABASE}`);
    if (found === undefined) await admin.query(sql`create database ${sql.ident(DATABASE)}`);
  });
}

/**
 * Brings a database's schema up to date and gives each service its role, with the password of the keys.
 * @param url of a superuser
 */
export async function prepareDatabase(url: string, keys: DevelopmentKeys): Promise<void> {
  await withAdmin(url, async (admin) => {
    await migrate(admin);
    await migrateEventLog(admin);
    await applyRoles(admin, { passwords: keys.databasePasswords });
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
