import { existsSync } from 'node:fs';
import { readConfig } from '@causeway/config';
import { Postgres } from '@causeway/postgres';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import { withStackDatabase } from './database.js';
import { stackFolders } from './folders.js';
import { switchSections } from './migration-settings.js';

const STATEMENT_MS = 10_000;
const POOL = 2;

/**
 * Opens the database of the deployment that the settings name, or else of the development stack in the data folder,
 * running or not, with an administrator's rights.
 * @param name of the command, by which the database knows the connection
 * @param statementMs how long a statement may take
 * @throws {CliError} `nothing_here`; ConfigError, PostgresError, EmbeddedPostgresError
 */
export async function withAdminDatabase<R>(
  context: CommandContext,
  name: string,
  work: (postgres: Postgres) => Promise<R>,
  statementMs = STATEMENT_MS,
): Promise<R> {
  const connected = async (url: string, ca?: string): Promise<R> => {
    const postgres = Postgres.connect(url, {
      poolSize: POOL,
      applicationName: `causeway-${name}`,
      statementTimeoutMs: statementMs,
      tls: { ca },
    });
    try {
      return await work(postgres);
    } finally {
      await postgres.close();
    }
  };
  if (context.environment['CAUSEWAY_ADMIN_DATABASE_URL'] !== undefined) {
    const { ADMIN_DATABASE_URL, DATABASE_CA } = readConfig(switchSections, context.environment);
    return connected(ADMIN_DATABASE_URL, DATABASE_CA);
  }
  const { database } = stackFolders(context.dataRoot);
  if (!existsSync(database)) {
    const where = `there is no stack in ${context.dataRoot}`;
    throw new CliError('nothing_here', `${where}; for a deployment set CAUSEWAY_ADMIN_DATABASE_URL`);
  }
  return withStackDatabase(database, (url) => connected(url));
}
