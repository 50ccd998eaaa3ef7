import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import { countReasons, type Sweep } from '@causeway/sweeper';

/** Gives up calls that could not be resolved in time: nobody was woken. The oldest have the lowest ids. */
export const waitingCallsSweep: Sweep = {
  name: 'webhooks.push_deliveries',
  everyMs: limits.rowSweepMs.value,
  async batch(tx) {
    const rows = await tx.query<{ reason: string }>(sql`
      delete from webhooks.push_deliveries
      where received_at < now() - ${limits.pushRetentionMs.value} * interval '1 ms' and id = any(array(
        select id from webhooks.push_deliveries order by id limit ${limits.sweepBatchItems.value}))
      returning 'unresolved' as reason`);
    return countReasons(rows);
  },
};

/** Forgets about whom there were calls, once that no longer holds any up. */
export const resolutionsSweep: Sweep = {
  name: 'webhooks.push_resolutions',
  everyMs: limits.pushResolutionRetentionMs.value,
  async batch(tx) {
    const rows = await tx.query<{ reason: string }>(sql`
      delete from webhooks.push_resolutions where (gatekeeper, identifier_hmac) in (
        select gatekeeper, identifier_hmac from webhooks.push_resolutions
        where resolved_at < now() - ${limits.pushResolutionRetentionMs.value} * interval '1 ms'
        order by resolved_at limit ${limits.sweepBatchItems.value} for update skip locked)
      returning 'expired' as reason`);
    return countReasons(rows);
  },
};

export const pushSweeps = [waitingCallsSweep, resolutionsSweep] as const;
