import { existsSync } from 'node:fs';
import { eventLogCredentials, readConfig } from '@causeway/config';
import { topics } from '@causeway/contracts';
import { DeadLetters, type KafkaCredentials } from '@causeway/events';
import { Postgres } from '@causeway/postgres';
import { createLogger } from '@causeway/telemetry';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import { withStackDatabase } from '../stack/database.js';
import { stackFolders } from '../stack/folders.js';
import { operationSections } from '../stack/migration-settings.js';

const STATEMENT_MS = 60_000;

/**
 * Opens the dead letters of the deployment that the settings name, or else of the development stack in the data folder,
 * running or not.
 * @throws {CliError} `nothing_here`; ConfigError, PostgresError, EventBusError, EmbeddedPostgresError
 */
export async function withDeadLetters<R>(
  context: CommandContext,
  work: (letters: DeadLetters) => Promise<R>,
): Promise<R> {
  if (context.environment['CAUSEWAY_ADMIN_DATABASE_URL'] !== undefined) {
    const settings = readConfig(operationSections, context.environment);
    const log = {
      url: settings.EVENTS_URL,
      partitions: settings.EVENTS_PARTITIONS,
      credentials: eventLogCredentials(settings),
    };
    const database = {
      url: settings.ADMIN_DATABASE_URL,
      tls: { ca: settings.DATABASE_CA },
    };
    return open(database, log, work);
  }
  const { database } = stackFolders(context.dataRoot);
  if (!existsSync(database)) {
    throw new CliError(
      'nothing_here',
      `there is no stack in ${context.dataRoot}; for a deployment set CAUSEWAY_ADMIN_DATABASE_URL and CAUSEWAY_EVENTS_URL`,
    );
  }
  return withStackDatabase(database, (url) => open({ url }, { url: 'postgres:', partitions: 1 }, work));
}

async function open<R>(
  database: { readonly url: string; readonly tls?: { readonly ca: string | undefined } },
  log: { readonly url: string; readonly partitions: number; readonly credentials?: KafkaCredentials },
  work: (letters: DeadLetters) => Promise<R>,
): Promise<R> {
  const { url: databaseUrl, ...trust } = database;
  const postgres = Postgres.connect(databaseUrl, {
    ...trust,
    poolSize: 2,
    applicationName: 'causeway-dlq',
    statementTimeoutMs: STATEMENT_MS,
  });
  try {
    const { url, ...rest } = log;
    const letters = await DeadLetters.open(url, topics, {
      ...rest,
      clientId: 'causeway-dlq',
      postgres,
      logger: createLogger({ service: 'dlq', level: 'silent' }),
    });
    return await work(letters).finally(() => letters.close());
  } finally {
    await postgres.close();
  }
}
