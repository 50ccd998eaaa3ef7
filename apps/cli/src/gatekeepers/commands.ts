import { existsSync } from 'node:fs';
import { listStops, resumeGatekeeper, stopGatekeeper } from '@causeway/accounts';
import { readConfig } from '@causeway/config';
import { Postgres } from '@causeway/postgres';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import type { Terminal } from '../output/terminal.js';
import { withStackDatabase } from '../stack/database.js';
import { stackFolders } from '../stack/folders.js';
import { switchSections } from '../stack/migration-settings.js';

const STATEMENT_MS = 10_000;

interface JsonOption {
  readonly json: boolean;
}
export interface StopOptions extends JsonOption {
  readonly reason: string;
}

/** `causeway gatekeepers list`: where everything is stopped. @returns the exit code @throws as `withDatabase` */
export async function list(
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const stopped = await withDatabase(context, listStops);
  const lines = stopped.map(
    ({ gatekeeper, reason, stoppedAt }) => `${gatekeeper} stopped ${stoppedAt.toISOString()}: ${reason}`,
  );
  return tell(json, context, terminal, { stopped }, lines.length === 0 ? ['none is stopped'] : lines);
}

/** `causeway gatekeepers stop`. Harmless when it is stopped already. @returns the exit code @throws as `withDatabase` */
export async function stop(
  gatekeeper: string,
  { json, reason }: StopOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const changed = await withDatabase(context, (postgres) =>
    postgres.transaction((tx) => stopGatekeeper(tx, gatekeeper, reason)),
  );
  const line = changed
    ? `${gatekeeper} is stopped; every pod acts on it within 2 seconds`
    : `${gatekeeper} was stopped already`;
  return tell(json, context, terminal, { gatekeeper, changed }, [line]);
}

/** `causeway gatekeepers resume`. Harmless when it is not stopped. @returns the exit code @throws as `withDatabase` */
export async function resume(
  gatekeeper: string,
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const changed = await withDatabase(context, (postgres) =>
    postgres.transaction((tx) => resumeGatekeeper(tx, gatekeeper)),
  );
  const line = changed
    ? `${gatekeeper} goes on; who is online connects within seconds`
    : `${gatekeeper} was not stopped`;
  return tell(json, context, terminal, { gatekeeper, changed }, [line]);
}

/**
 * Opens the database of the deployment that the settings name, or else of the development stack in the data folder.
 * @throws {CliError} `nothing_here`; ConfigError, PostgresError, EmbeddedPostgresError
 */
async function withDatabase<R>(
  context: CommandContext,
  work: (postgres: Postgres) => Promise<R>,
): Promise<R> {
  if (context.environment['CAUSEWAY_ADMIN_DATABASE_URL'] !== undefined) {
    const { ADMIN_DATABASE_URL, DATABASE_CA } = readConfig(switchSections, context.environment);
    return connected(ADMIN_DATABASE_URL, DATABASE_CA, work);
  }
  const { database } = stackFolders(context.dataRoot);
  if (!existsSync(database)) {
    const where = `there is no stack in ${context.dataRoot}`;
    throw new CliError('nothing_here', `${where}; for a deployment set CAUSEWAY_ADMIN_DATABASE_URL`);
  }
  return withStackDatabase(database, (url) => connected(url, undefined, work));
}

async function connected<R>(
  url: string,
  ca: string | undefined,
  work: (postgres: Postgres) => Promise<R>,
): Promise<R> {
  const postgres = Postgres.connect(url, {
    poolSize: 1,
    applicationName: 'causeway-gatekeepers',
    statementTimeoutMs: STATEMENT_MS,
    ...(ca !== undefined && { ca }),
  });
  try {
    return await work(postgres);
  } finally {
    await postgres.close();
  }
}

function tell(
  json: boolean,
  context: CommandContext,
  terminal: Terminal,
  report: object,
  lines: readonly string[],
): number {
  if (json) context.stdout.write(`${JSON.stringify({ ok: true, ...report })}\n`);
  else lines.forEach((line) => terminal.line(line));
  return 0;
}
