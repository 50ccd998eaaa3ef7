import { randomUUID } from 'node:crypto';
import { sql, type SqlExecutor } from '@causeway/postgres';
import type { Migration } from './folder.js';

/** A row of `_prisma_migrations`, the table that Prisma keeps too. */
export interface JournalRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

// The number under which Prisma's own migrate takes its lock: the two never run at once.
const prismaLock = '72707369';

/** Waits until no other migration runs, and keeps others out until the transaction ends. */
export async function lockJournal(tx: SqlExecutor): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(${prismaLock}::bigint)`);
  await tx.query(sql`create table if not exists public._prisma_migrations (
    id varchar(36) primary key not null,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
  )`);
}

/** What was applied or failed; rows marked as rolled back no longer count. */
export async function readJournal(tx: SqlExecutor): Promise<readonly JournalRow[]> {
  return tx.query(sql`select migration_name, checksum, finished_at from public._prisma_migrations
    where rolled_back_at is null order by started_at`);
}

export async function recordApplied(tx: SqlExecutor, migration: Migration): Promise<void> {
  await tx.query(sql`insert into public._prisma_migrations
    (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
    values (${randomUUID()}, ${migration.checksum}, ${migration.name}, now(), clock_timestamp(), 1)`);
}

export async function recordFailed(tx: SqlExecutor, migration: Migration, logs: string): Promise<void> {
  await tx.query(sql`insert into public._prisma_migrations (id, checksum, migration_name, logs)
    values (${randomUUID()}, ${migration.checksum}, ${migration.name}, ${logs})`);
}

/** Marks a failed migration as dealt with. False when there is none of that name. */
export async function recordRolledBack(tx: SqlExecutor, name: string): Promise<boolean> {
  const rows = await tx.query(sql`update public._prisma_migrations set rolled_back_at = now()
    where migration_name = ${name} and finished_at is null and rolled_back_at is null returning id`);
  return rows.length > 0;
}
