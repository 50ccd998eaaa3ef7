import { sql, type Postgres } from '@causeway/postgres';

const rowsPerStatement = 2_000;
const statementsPerSweep = 50;

/** Removes events older than their topic's retention, in small steps. Returns how many. Throws PostgresError. */
export async function sweepRetention(postgres: Postgres): Promise<number> {
  let removed = 0;
  for (let step = 0; step < statementsPerSweep; step++) {
    const rows = await postgres.query(sql`
      delete from eventlog.events where ctid = any(array(
        select old.ctid from eventlog.topics t cross join lateral (
          select e.ctid from eventlog.events e
          where e.topic = t.name and e.created_at < now() - t.retention_ms * interval '1 ms'
          order by e.created_at limit ${rowsPerStatement}
        ) old limit ${rowsPerStatement})) returning 1`);
    removed += rows.length;
    if (rows.length < rowsPerStatement) break;
  }
  return removed;
}
