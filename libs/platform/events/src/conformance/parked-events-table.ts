import { sql, type Postgres } from '@causeway/postgres';

/** The table as a service's migrations make it, in a schema of the tests' own. */
export const parkingSchema = 'conformance';

export async function createParkedEvents(postgres: Postgres): Promise<void> {
  await postgres.query(sql`create schema ${sql.ident(parkingSchema)}`);
  await postgres.query(sql`create table ${sql.ident(parkingSchema, 'parked_events')} (
    id uuid primary key default gen_random_uuid(), seq bigserial, consumer_group text not null, topic text not null,
    partition integer not null, event_offset bigint not null, lane text not null, event_id text not null,
    headers text not null, payload bytea, code text not null, state text not null,
    rounds integer not null default 0, due_at timestamptz not null, parked_at timestamptz not null default now())`);
}
