import { randomUUID } from 'node:crypto';
import type { TopicContract } from '@causeway/events';
import { Postgres, sql } from '@causeway/postgres';
import { createTestDatabase, type Engines } from '@causeway/testing';

/** An event of 500 bytes or so. */
export interface QueuedEvent {
  readonly lane: string;
  readonly filler: string;
}

export const filler = 'x'.repeat(460);

/** @returns a topic of its own */
export function queueTopic(): TopicContract<QueuedEvent> {
  return {
    name: `bench.${randomUUID()}.v1`,
    schema: { parse: (value) => value as QueuedEvent },
    key: ({ lane }) => lane,
  };
}

/** A database with the queue tables of one owner, as the migrations make them. */
export async function openQueues(
  engines: Pick<Engines, 'postgresUrl'>,
): Promise<{ readonly postgres: Postgres; close(): Promise<void> }> {
  const database = await createTestDatabase(engines);
  const options = { poolSize: 8, applicationName: 'bench', statementTimeoutMs: 60_000 };
  const postgres = Postgres.connect(database.url, options);
  await postgres.query(sql`create schema owner`);
  await postgres.query(sql`create table owner.outbox (id uuid primary key default gen_random_uuid(),
    seq bigserial not null, topic text not null, key text not null, event jsonb not null, traceparent text,
    created_at timestamptz not null default now())
    with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0)`);
  await postgres.query(sql`create index on owner.outbox (seq)`);
  for (const table of ['inbox', 'bare']) {
    const name = sql.ident('owner', table);
    await postgres.query(sql`create table ${name} (source text not null, id text not null,
      received_at timestamptz not null default now(), primary key (source, id))`);
    await postgres.query(sql`create index on ${name} (received_at)`);
  }
  return {
    postgres,
    async close() {
      await postgres.close();
      await database.drop();
    },
  };
}
