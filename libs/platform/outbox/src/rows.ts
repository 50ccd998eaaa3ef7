import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';

/** One event that waits to be published. */
export interface OutboxRow {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly event: unknown;
  readonly traceparent: string | null;
  readonly created_at: Date;
}

/** A key of a topic: its events keep their order. */
export interface Lane {
  readonly topic: string;
  readonly key: string;
}

/** The oldest rows, without those of lanes that are held back. */
export async function oldestRows(
  postgres: Postgres,
  schema: string,
  held: readonly Lane[],
  limit: number,
): Promise<OutboxRow[]> {
  return postgres.transaction(async (tx) => {
    await indexOnly(tx);
    return tx.query<OutboxRow>(sql`
      select id, topic, key, event, traceparent, created_at from ${sql.ident(schema, 'outbox')} o
      where not exists (
        select from unnest(${held.map((lane) => lane.topic)}::text[], ${held.map((lane) => lane.key)}::text[])
          as h (topic, key) where h.topic = o.topic and h.key = o.key)
      order by seq limit ${limit}`);
  });
}

/**
 * A table through which many rows pass is large and holds few: then the planner would rather read all of it and sort,
 * dead rows included, than walk its index (measured: 24 ms against 1 ms with 125,000 dead rows).
 */
async function indexOnly(tx: SqlExecutor): Promise<void> {
  await tx.query(sql`set local enable_seqscan = off`);
}

export async function deleteRows(
  postgres: SqlExecutor,
  schema: string,
  rows: readonly OutboxRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await postgres.query(
    sql`delete from ${sql.ident(schema, 'outbox')} where id = any(${rows.map((row) => row.id)}::uuid[])`,
  );
}

/** Age of the oldest row in seconds; 0 when there is none. */
export async function oldestAge(postgres: Postgres, schema: string): Promise<number> {
  const [row] = await postgres.transaction(async (tx) => {
    await indexOnly(tx);
    return tx.query<{ age: number }>(sql`
      select extract(epoch from now() - created_at)::float8 as age
      from ${sql.ident(schema, 'outbox')} order by seq limit 1`);
  });
  return row === undefined ? 0 : Math.max(0, row.age);
}
