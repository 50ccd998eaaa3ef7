import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import { countReasons, type Sweep } from '@causeway/sweeper';

/** Forgets how wakes ended. One that is still waiting, or dead, is counted apart: its device was not reached. */
export const wakesSweep: Sweep = {
  name: 'fanout.wakes',
  everyMs: limits.rowSweepMs.value,
  async batch(tx) {
    const rows = await tx.query<{ reason: string }>(sql`
      delete from fanout.wakes where (device_id, gatekeeper) in (
        select device_id, gatekeeper from fanout.wakes
        where requested_at < now() - ${limits.wakeRetentionMs.value} * interval '1 ms'
        order by requested_at limit ${limits.sweepBatchItems.value})
      returning case when state in ('sent', 'connected') then 'expired' else 'unreached' end as reason`);
    return countReasons(rows);
  },
};
