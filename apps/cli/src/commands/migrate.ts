import { eventLogCredentials, readConfig } from '@causeway/config';
import { topics } from '@causeway/contracts';
import { ensureTopics, migrateEventLog, type TopicReport } from '@causeway/events';
import { Postgres } from '@causeway/postgres';
import { applyRoles, migrate as migrateStore, resolveFailedMigration, roleOf } from '@causeway/store/migrate';
import { createLogger } from '@causeway/telemetry';
import type { Terminal } from '../output/terminal.js';
import { applyGrants, describeGrants, type GrantReport } from '../grants/apply-grants.js';
import { printGrants } from '../grants/print-grants.js';
import { serviceNames } from '../stack/service-names.js';
import type { CommandContext } from './environment.js';
import {
  accessListsSection,
  migrationSections,
  type MigrationSettings,
} from '../stack/migration-settings.js';

/** A migration may rewrite a large table: it gets as long as an operator waits. */
const STATEMENT_MS = 30 * 60_000;
const DEFAULT_PRINCIPAL = 'User:causeway_{service}';

export interface MigrateOptions {
  readonly json: boolean;
  /** Name of a migration that failed and was repaired: it alone is marked, nothing is applied. */
  readonly resolve?: string;
  /** Only write the grants for the engines' own tools; needs no settings and changes nothing. */
  readonly printGrants?: boolean;
}

/** What a run brought about. */
interface MigrationReport extends GrantReport {
  readonly applied: readonly string[];
  /** Migrations of a newer version, which this one does not know. */
  readonly ahead: readonly string[];
  readonly roles: readonly string[];
  readonly topics: readonly TopicReport[];
}

/**
 * `causeway migrate`: brings a deployment's database and event log to what this version needs, before its services
 * start. Harmless when nothing is to be done, and when several run at once.
 * @returns the exit code
 * @throws {ConfigError | PostgresError | MigrationError | RolesError | EventBusError} one clear line for each problem
 */
export async function migrate(
  options: MigrateOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  if (options.printGrants === true) {
    const { EVENTS_ACL_PRINCIPAL = DEFAULT_PRINCIPAL } = readConfig(
      [accessListsSection],
      context.environment,
    );
    printGrants(EVENTS_ACL_PRINCIPAL).forEach((line) => terminal.line(line));
    return 0;
  }
  const settings = readConfig(migrationSections, context.environment, { checks: [principalsNeedKafka] });
  const admin = Postgres.connect(settings.ADMIN_DATABASE_URL, {
    poolSize: 4,
    applicationName: 'causeway-migrate',
    statementTimeoutMs: STATEMENT_MS,
    tls: { ca: settings.DATABASE_CA },
  });
  const tell = (report: object, lines: readonly string[]) => {
    if (options.json) context.stdout.write(`${JSON.stringify({ ok: true, ...report })}\n`);
    else lines.forEach((line) => terminal.line(line));
  };
  try {
    if (options.resolve !== undefined) {
      await resolveFailedMigration(admin, options.resolve);
      tell({ resolved: options.resolve }, [`${options.resolve} is marked as resolved; migrate again`]);
      return 0;
    }
    const report = await bringUpToDate(admin, settings);
    tell(report, describeReport(report));
    return 0;
  } finally {
    await admin.close();
  }
}

function principalsNeedKafka({ EVENTS_URL, EVENTS_ACL_PRINCIPAL }: MigrationSettings): string | undefined {
  if (EVENTS_ACL_PRINCIPAL === undefined || EVENTS_URL.startsWith('kafka')) return undefined;
  return 'CAUSEWAY_EVENTS_ACL_PRINCIPAL needs a CAUSEWAY_EVENTS_URL of Kafka';
}

async function bringUpToDate(admin: Postgres, settings: MigrationSettings): Promise<MigrationReport> {
  const { EVENTS_URL: eventsUrl, EVENTS_PARTITIONS: partitions, ROLE_PASSWORDS: passwords } = settings;
  const { applied, ahead } = await migrateStore(admin);
  if (eventsUrl.startsWith('postgres:')) await migrateEventLog(admin);
  // Roles come after the event log, on which they need rights too.
  await applyRoles(admin, { passwords });
  const logger = createLogger({ service: 'migrate', level: 'silent' });
  const made = await ensureTopics(eventsUrl, topics, {
    clientId: 'causeway-migrate',
    postgres: admin,
    logger,
    credentials: eventLogCredentials(settings),
    partitions,
  });
  const granted = await applyGrants(settings, logger);
  return { applied, ahead, roles: serviceNames.map((name) => roleOf(name)), topics: made, ...granted };
}

function describeReport(report: MigrationReport): string[] {
  const { applied, ahead, roles, topics: all } = report;
  const created = all.filter((topic) => topic.created);
  return [
    applied.length === 0 ? 'migrations: none pending' : `migrations applied: ${applied.join(', ')}`,
    ...(ahead.length === 0 ? [] : [`the database is ahead of this version by: ${ahead.join(', ')}`]),
    `roles and their rights: ${roles.join(', ')}`,
    ...created.map(({ name, partitions }) => `topic created: ${name}, ${partitions} partitions`),
    `topics as they were: ${all.length - created.length} of ${all.length}`,
    ...describeGrants(report),
  ];
}
