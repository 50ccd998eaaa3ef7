import { Postgres } from '@causeway/postgres';

/** A small pool for a test. */
export function connectForTest(url: string): Postgres {
  return Postgres.connect(url, { poolSize: 4, applicationName: 'store-test', statementTimeoutMs: 10_000 });
}
