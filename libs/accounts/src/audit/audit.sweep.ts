import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import type { Sweep } from '@causeway/sweeper';

/** Forgets what was done after its retention. */
export const auditSweep: Sweep = {
  name: 'accounts.audit_log',
  everyMs: limits.rowSweepMs.value,
  async batch(tx) {
    const rows = await tx.query(sql`
      delete from accounts.audit_log where id = any(array(
        select id from accounts.audit_log
        where at < now() - ${limits.auditRetentionMs.value} * interval '1 ms'
        order by at limit ${limits.sweepBatchItems.value})) returning 1`);
    return { expired: rows.length };
  },
};
