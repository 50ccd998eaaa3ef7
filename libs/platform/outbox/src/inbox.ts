import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';

const rowsPerStatement = 5_000;

/**
 * Records that an event was handled, within the transaction of its effect. False when it was handled before: then the
 * effect must not happen again. Throws PostgresError.
 */
export async function claimInbox(
  tx: SqlExecutor,
  schema: string,
  source: string,
  id: string,
): Promise<boolean> {
  const rows = await tx.query(sql`
    insert into ${sql.ident(schema, 'inbox')} (source, id) values (${source}, ${id})
    on conflict (source, id) do nothing returning 1`);
  return rows.length > 0;
}

/** Forgets what was handled longer ago than `retentionMs`, in steps. Returns how many rows. Throws PostgresError. */
export async function sweepInbox(postgres: Postgres, schema: string, retentionMs: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const rows = await postgres.query(sql`
      delete from ${sql.ident(schema, 'inbox')} where ctid = any(array(
        select ctid from ${sql.ident(schema, 'inbox')}
        where received_at < now() - ${retentionMs} * interval '1 ms' limit ${rowsPerStatement})) returning 1`);
    removed += rows.length;
    if (rows.length < rowsPerStatement) return removed;
  }
}
