import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import type { Sweep } from '@causeway/sweeper';

/** Forgets for how long gatekeepers were to be left alone, once that is over. */
export const restsSweep: Sweep = {
  name: 'session.rests',
  everyMs: limits.rowSweepMs.value,
  async batch(tx) {
    const rows = await tx.query(sql`
      delete from session.rests where (session_key, kind) in (
        select session_key, kind from session.rests where until <= now()
        order by until limit ${limits.sweepBatchItems.value} for update skip locked) returning 1`);
    return { over: rows.length };
  },
};
