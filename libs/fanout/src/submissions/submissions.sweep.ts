import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import { countReasons, type Sweep } from '@causeway/sweeper';

/**
 * Forgets submissions at the end of their retention. What the gatekeeper never took is counted as `undelivered`: the
 * device was told that we had it (invariant 2).
 */
export const submissionsSweep: Sweep = {
  name: 'fanout.submissions',
  everyMs: limits.rowSweepMs.value,
  async batch(tx) {
    const rows = await tx.query<{ reason: string }>(sql`
      delete from fanout.submissions where (session_key, message_id) in (
        select session_key, message_id from fanout.submissions where expires_at <= now()
        order by expires_at limit ${limits.sweepBatchItems.value} for update skip locked)
      returning case state when 'waiting' then 'undelivered' else state end as reason`);
    return countReasons(rows);
  },
};
