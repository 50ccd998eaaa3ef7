import { PostgresError, sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import { MigrationError } from './errors.js';
import { migrationsFolder, readMigrations, type Migration } from './folder.js';
import {
  lockJournal,
  readJournal,
  recordApplied,
  recordFailed,
  recordRolledBack,
  type JournalRow,
} from './journal.js';

export interface MigrateReport {
  /** Names of the migrations that this call applied, in order. */
  readonly applied: readonly string[];
  /** Applied migrations that this version does not know: the database is ahead, after a roll-back of the program. */
  readonly ahead: readonly string[];
}

function firstPending(
  migrations: readonly Migration[],
  journal: readonly JournalRow[],
): Migration | undefined {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of journal) {
    if (row.finished_at === null) {
      throw new MigrationError(
        'migration_failed_before',
        `migration ${row.migration_name} failed earlier and was rolled back; mark it as resolved to try again`,
      );
    }
    const migration = known.get(row.migration_name);
    if (migration !== undefined && migration.checksum !== row.checksum) {
      throw new MigrationError(
        'migration_changed',
        `migration ${row.migration_name} was changed after it had been applied; restore it and add a new one`,
      );
    }
  }
  const done = new Set(journal.map((row) => row.migration_name));
  return migrations.find((migration) => !done.has(migration.name));
}

async function runScript(tx: SqlExecutor, migration: Migration): Promise<void> {
  // Rather fail than queue behind a long transaction, with every other statement queued behind the migration.
  await tx.query(sql`set local lock_timeout = '10s'`);
  await tx.query(sql.raw(migration.script));
}

async function applyNext(
  postgres: Postgres,
  migrations: readonly Migration[],
): Promise<Migration | undefined> {
  let running: Migration | undefined;
  try {
    return await postgres.transaction(async (tx) => {
      await lockJournal(tx);
      const next = firstPending(migrations, await readJournal(tx));
      if (next === undefined) return undefined;
      running = next;
      await runScript(tx, next);
      await recordApplied(tx, next);
      return next;
    });
  } catch (error) {
    const failed = running;
    if (failed === undefined || !(error instanceof PostgresError) || error.connectionLost) throw error;
    await postgres.transaction(async (tx) => {
      await lockJournal(tx);
      await recordFailed(tx, failed, error.message);
    });
    throw new MigrationError('migration_failed', `migration ${failed.name} failed: ${error.message}`);
  }
}

/**
 * Applies the pending migrations in order, each in a transaction of its own together with its row in
 * `_prisma_migrations`. Several callers may run at once: each migration is applied by one. Statements are bounded by
 * the statement timeout of `postgres`, so give it one that fits a long migration. Throws MigrationError, or
 * PostgresError when the database cannot be reached.
 */
export async function migrate(postgres: Postgres, folder: URL = migrationsFolder): Promise<MigrateReport> {
  const migrations = await readMigrations(folder);
  const applied: string[] = [];
  for (;;) {
    const migration = await applyNext(postgres, migrations);
    if (migration === undefined) break;
    applied.push(migration.name);
  }
  const known = new Set(migrations.map((migration) => migration.name));
  const journal = await readJournal(postgres);
  const ahead = journal.map((row) => row.migration_name).filter((name) => !known.has(name));
  return { applied, ahead };
}

/** Marks a failed migration as resolved, so that the next `migrate` tries it again. */
export async function resolveFailedMigration(postgres: Postgres, name: string): Promise<void> {
  const found = await postgres.transaction(async (tx) => {
    await lockJournal(tx);
    return recordRolledBack(tx, name);
  });
  if (!found) throw new MigrationError('migration_not_failed', `there is no failed migration ${name}`);
}
