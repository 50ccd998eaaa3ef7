import { randomBytes } from 'node:crypto';
import { Postgres, sql } from '@causeway/postgres';
import type { Engines } from './engines/engines.js';

/** A database of one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

/** Creates an empty database, or a copy of `template`, on the run's PostgreSQL. */
export async function createTestDatabase(
  engines: Pick<Engines, 'postgresUrl'>,
  options: { readonly template?: string } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = options.template ?? 'template0';
  await onServer(engines, (server) =>
    server.query(sql`create database ${sql.ident(name)} template ${sql.ident(template)}`),
  );
  const url = new URL(engines.postgresUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () =>
      onServer(engines, async (server) => {
        await server.query(sql`drop database if exists ${sql.ident(name)} with (force)`);
      }),
  };
}

async function onServer<T>(
  engines: Pick<Engines, 'postgresUrl'>,
  work: (server: Postgres) => Promise<T>,
): Promise<void> {
  const server = Postgres.connect(engines.postgresUrl, {
    poolSize: 1,
    applicationName: 'test-databases',
    statementTimeoutMs: 30_000,
  });
  try {
    await work(server);
  } finally {
    await server.close();
  }
}
