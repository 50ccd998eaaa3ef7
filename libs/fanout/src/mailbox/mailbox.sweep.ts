import { limits } from '@causeway/limits';
import { sql, type Sql, type SqlExecutor } from '@causeway/postgres';
import { countReasons, type Sweep, type Swept } from '@causeway/sweeper';

/** The ring of the table: partitions of five days each, two more than the retention is long. */
export const mailboxRing = { buckets: 8, bucketMs: 432_000_000 } as const;

const reason = sql.raw(`replace(kind, '.', '_') || '_expired'`);

/**
 * Empties the first partition in which nothing is alive any more; without one, removes what should have gone with its
 * partition and did not, because nobody swept for days. An item that expires was settled with the gatekeeper and never
 * acknowledged by the device: it is counted by its kind (invariant 2).
 */
export const mailboxSweep: Sweep = {
  name: 'fanout.mailbox',
  everyMs: limits.rowSweepMs.value,
  async batch(tx) {
    for (let bucket = 0; bucket < mailboxRing.buckets; bucket++) {
      const swept = await emptyPartition(tx, bucket);
      if (swept !== undefined) return swept;
    }
    return removeLeftOver(tx);
  },
};

/** Forgets that mailboxes were full, long after the login in which they were. */
export const stallsSweep: Sweep = {
  name: 'fanout.mailbox_stalls',
  everyMs: limits.rowSweepMs.value,
  async batch(tx) {
    const rows = await tx.query(sql`
      delete from fanout.mailbox_stalls where session_key in (
        select session_key from fanout.mailbox_stalls where since < now() - interval '1 day'
        order by since limit ${limits.sweepBatchItems.value}) returning 1`);
    return { expired: rows.length };
  },
};

/** @returns what was in the partition, or undefined when it is empty or something in it is alive */
async function emptyPartition(tx: SqlExecutor, bucket: number): Promise<Swept | undefined> {
  if (await isAlive(tx, bucket)) return undefined;
  // Counted before the lock that keeps devices waiting: nothing that has expired is read, so little can change.
  const counts = await tx.query<{ reason: string; items: number }>(sql`
    select ${reason} as reason, count(*)::int as items from fanout.mailbox where bucket = ${bucket} group by 1`);
  if (counts.length === 0) return undefined;
  const partition = sql.ident('fanout', `mailbox_${bucket}`);
  await tx.query(sql`set local lock_timeout = '1s'`);
  await tx.query(sql`lock table only ${partition} in access exclusive mode`);
  // A clock that was set back, or a row that came in between: then it is not emptied.
  if (await isAlive(tx, bucket)) return undefined;
  await tx.query(sql`truncate table only ${partition}`);
  return Object.fromEntries(counts.map(({ reason: why, items }) => [why, items]));
}

async function isAlive(tx: SqlExecutor, bucket: number): Promise<boolean> {
  return (await tx.query(aliveIn(bucket))).length > 0;
}

function aliveIn(bucket: number): Sql {
  return sql`select 1 from fanout.mailbox where bucket = ${bucket} and expires_at > now() limit 1`;
}

async function removeLeftOver(tx: SqlExecutor): Promise<Swept> {
  const rows = await tx.query<{ reason: string }>(sql`
    delete from fanout.mailbox where (bucket, seq) in (
      select bucket, seq from fanout.mailbox
      where expires_at < now() - ${2 * mailboxRing.bucketMs} * interval '1 ms'
      order by expires_at limit ${limits.sweepBatchItems.value})
    returning ${reason} as reason`);
  return countReasons(rows);
}
