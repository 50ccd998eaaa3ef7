import { join, resolve } from 'node:path';
import { readFileSync } from 'node:fs';
import { runningPostmaster } from './postmaster.js';

/**
 * The superuser's URL of the database `postgres` on the server that runs in a data folder, whoever started it; undefined
 * when none does, or its password cannot be read.
 */
export function runningEmbeddedPostgres(dataDir: string): string | undefined {
  const root = resolve(dataDir);
  const server = runningPostmaster(join(root, 'cluster'));
  if (server?.ready !== true) return undefined;
  try {
    const password = readFileSync(join(root, 'password'), 'utf8').trim();
    return `postgres://postgres:${password}@127.0.0.1:${server.port}/postgres`;
  } catch {
    return undefined;
  }
}
