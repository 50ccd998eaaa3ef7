import { lockInTransaction, sql, type Postgres } from '@causeway/postgres';

/**
 * Tables of the log. `heads` holds the next offset of each partition: its row is locked from the assignment of offsets
 * to the commit, so that offsets become visible in their order and without gaps. `members` is unlogged: a lost
 * membership is only a rebalance, and heartbeats must not cost a disk write.
 */
const statements = [
  sql`create schema if not exists eventlog`,
  sql`create table if not exists eventlog.topics (
        name text primary key,
        partitions integer not null check (partitions > 0),
        retention_ms bigint not null)`,
  sql`create table if not exists eventlog.heads (
        topic text not null references eventlog.topics,
        partition integer not null,
        next_offset bigint not null default 0,
        primary key (topic, partition)) with (fillfactor = 50)`,
  sql`create table if not exists eventlog.events (
        topic text not null,
        partition integer not null,
        "offset" bigint not null,
        key text not null,
        headers jsonb not null,
        payload text,
        created_at timestamptz not null default now(),
        primary key (topic, partition, "offset"))`,
  sql`create index if not exists events_by_age on eventlog.events (topic, created_at)`,
  sql`create table if not exists eventlog.groups (
        group_id text not null,
        topic text not null references eventlog.topics,
        generation bigint not null default 0,
        primary key (group_id, topic))`,
  sql`create table if not exists eventlog.leases (
        group_id text not null,
        topic text not null references eventlog.topics,
        partition integer not null,
        member_id uuid,
        generation bigint not null default 0,
        next_offset bigint not null default 0,
        primary key (group_id, topic, partition)) with (fillfactor = 50)`,
  sql`create unlogged table if not exists eventlog.members (
        group_id text not null,
        topic text not null,
        member_id uuid not null,
        expires_at timestamptz not null,
        primary key (group_id, topic, member_id)) with (fillfactor = 50)`,
];

/** Creates the tables of the event log in schema `eventlog`; harmless when they are there. */
export async function migrateEventLog(postgres: Postgres): Promise<void> {
  await postgres.transaction(async (tx) => {
    await lockInTransaction(tx, 'eventlog:migrate');
    for (const statement of statements) await tx.query(statement);
  });
}
