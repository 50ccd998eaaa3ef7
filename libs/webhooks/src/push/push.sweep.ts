import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import { countReasons, type Sweep } from '@causeway/sweeper';

/** Forgets calls after their retention. One that was never resolved is counted apart: nobody was woken. */
export const pushSweep: Sweep = {
  name: 'webhooks.push_deliveries',
  everyMs: limits.rowSweepMs.value,
  async batch(tx) {
    const rows = await tx.query<{ reason: string }>(sql`
      delete from webhooks.push_deliveries where id = any(array(
        select id from webhooks.push_deliveries
        where received_at < now() - ${limits.pushRetentionMs.value} * interval '1 ms'
        order by received_at limit ${limits.sweepBatchItems.value}))
      returning case state when 'received' then 'unresolved' else 'expired' end as reason`);
    return countReasons(rows);
  },
};
