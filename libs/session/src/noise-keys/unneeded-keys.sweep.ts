import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import { countReasons, type Sweep } from '@causeway/sweeper';

/**
 * Destroys Noise keys that no opt-in has a use for: of an enlistment that was refused before it was recorded, of a
 * replaced device whose event was lost. A key that is needed to ask for a deletion belongs to an opt-in that is not over.
 */
export const unneededKeysSweep: Sweep = {
  name: 'session.noise_keys',
  everyMs: limits.noiseKeySweepMs.value,
  async batch(tx) {
    const rows = await tx.query<{ reason: string }>(sql`
      delete from session.noise_keys where session_key in (
        select k.session_key from session.noise_keys k
        where k.requested_at < now() - ${limits.noiseKeyUnneededMs.value} * interval '1 ms'
          and not exists (select from accounts.live_sessions l where l.session_key = k.session_key)
        limit ${limits.sweepBatchItems.value} for update of k skip locked)
      returning 'unneeded' as reason`);
    return countReasons(rows);
  },
};
