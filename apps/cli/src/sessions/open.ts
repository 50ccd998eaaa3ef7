import { existsSync } from 'node:fs';
import { eventLogCredentials, readConfig } from '@causeway/config';
import { openEventBus, type EventBus, type KafkaCredentials } from '@causeway/events';
import { Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import { withStackDatabase } from '../stack/database.js';
import { stackFolders } from '../stack/folders.js';
import { operationSections } from '../stack/migration-settings.js';

const STATEMENT_MS = 10_000;
const CLIENT = 'causeway-sessions';

interface Engines {
  readonly databaseUrl: string;
  readonly ca?: string | undefined;
  readonly events: {
    readonly url: string;
    readonly partitions: number;
    readonly credentials?: KafkaCredentials;
  };
}

/**
 * Gives the database of the deployment that the settings name to some work, or else that of the development stack.
 * @throws {CliError} `nothing_here`; ConfigError, PostgresError, EmbeddedPostgresError
 */
export function withSessions<R>(
  context: CommandContext,
  work: (postgres: Postgres) => Promise<R>,
): Promise<R> {
  return withEngines(context, (postgres) => work(postgres));
}

/** As `withSessions`, with its event bus. @throws {EventBusError} too */
export function withEvents<R>(context: CommandContext, work: (bus: EventBus) => Promise<R>): Promise<R> {
  return withEngines(context, async (postgres, { events: { url, ...rest } }) => {
    const bus = openEventBus(url, {
      ...rest,
      clientId: CLIENT,
      postgres,
      logger: createLogger({ service: CLIENT, level: 'silent' }),
      metrics: createMetrics(CLIENT),
    });
    return work(bus).finally(() => bus.close());
  });
}

async function withEngines<R>(
  context: CommandContext,
  work: (postgres: Postgres, engines: Engines) => Promise<R>,
): Promise<R> {
  if (context.environment['CAUSEWAY_ADMIN_DATABASE_URL'] !== undefined) {
    const settings = readConfig(operationSections, context.environment);
    const credentials = eventLogCredentials(settings);
    const events = { url: settings.EVENTS_URL, partitions: settings.EVENTS_PARTITIONS, credentials };
    return connected({ databaseUrl: settings.ADMIN_DATABASE_URL, ca: settings.DATABASE_CA, events }, work);
  }
  const { database } = stackFolders(context.dataRoot);
  if (!existsSync(database)) {
    throw new CliError(
      'nothing_here',
      `there is no stack in ${context.dataRoot}; for a deployment set CAUSEWAY_ADMIN_DATABASE_URL and CAUSEWAY_EVENTS_URL`,
    );
  }
  const events = { url: 'postgres:', partitions: 1 };
  return withStackDatabase(database, (databaseUrl) => connected({ databaseUrl, events }, work));
}

async function connected<R>(
  engines: Engines,
  work: (postgres: Postgres, engines: Engines) => Promise<R>,
): Promise<R> {
  const postgres = Postgres.connect(engines.databaseUrl, {
    poolSize: 2,
    applicationName: CLIENT,
    statementTimeoutMs: STATEMENT_MS,
    tls: { ca: engines.ca },
  });
  try {
    return await work(postgres, engines);
  } finally {
    await postgres.close();
  }
}
