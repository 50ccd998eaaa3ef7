import { limits } from '@causeway/limits';
import { sql, type SqlExecutor } from '@causeway/postgres';
import type { Sweep } from '@causeway/sweeper';

/** One event of a source, by its id. */
export interface InboxClaim {
  readonly source: string;
  readonly id: string;
}

/** More claims at once than are allowed. */
export class InboxBatchTooLarge extends Error {
  override readonly name = 'InboxBatchTooLarge';
  readonly code = 'inbox_batch_too_large';
}

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
  return rows.length === 1;
}

/**
 * As `claimInbox`, with one statement for a batch. Claims of two transactions are taken in one order, so that they
 * cannot lock each other out.
 * @returns the claims whose effect must happen, each once however often it was given
 * @throws {InboxBatchTooLarge} beyond `limits.inboxClaimItems`
 * @throws {PostgresError}
 */
export async function claimInboxBatch(
  tx: SqlExecutor,
  schema: string,
  claims: readonly InboxClaim[],
): Promise<readonly InboxClaim[]> {
  if (claims.length === 0) return [];
  if (claims.length > limits.inboxClaimItems.value) throw new InboxBatchTooLarge('inbox_batch_too_large');
  return tx.query<InboxClaim>(sql`
    insert into ${sql.ident(schema, 'inbox')} (source, id)
    select distinct source, id from unnest(
      ${claims.map(({ source }) => source)}::text[], ${claims.map(({ id }) => id)}::text[]) as c (source, id)
    order by source, id
    on conflict (source, id) do nothing returning source, id`);
}

/** Forgets what was handled longer ago than any event can be delivered again. */
export function inboxSweep(schema: string): Sweep {
  return {
    name: `${schema}.inbox`,
    everyMs: limits.rowSweepMs.value,
    async batch(tx) {
      const rows = await tx.query(sql`
        delete from ${sql.ident(schema, 'inbox')} where ctid = any(array(
          select ctid from ${sql.ident(schema, 'inbox')}
          where received_at < now() - ${limits.inboxRetentionMs.value} * interval '1 ms'
          order by received_at limit ${limits.sweepBatchItems.value})) returning 1`);
      return { expired: rows.length };
    },
  };
}
