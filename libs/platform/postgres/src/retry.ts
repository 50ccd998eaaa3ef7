import { setTimeout as delay } from 'node:timers/promises';
import type { Counter } from '@causeway/telemetry';
import { PostgresError, type PostgresErrorCode } from './errors.js';

/** Tries of one transaction, the first included. */
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 25;

/**
 * Ends after which nothing of the transaction is there: the server chose it as a victim (40001, 40P01), or the
 * connection was refused or lost before COMMIT was sent (failover, 57P01). Never `commit_unknown`: it may be there.
 * Never a timeout or an exhausted pool: more of the same would make it worse.
 */
const undone: ReadonlySet<PostgresErrorCode> = new Set([
  'serialization_failure',
  'deadlock_detected',
  'database_unavailable',
]);

/** Runs `attempt` again while it ends in what leaves nothing behind, a bounded number of times, with full jitter. */
export async function retryUndone<T>(
  attempt: () => Promise<T>,
  retries: Counter | undefined,
  random: () => number = Math.random,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PostgresError) || !undone.has(error.code)) throw error;
      if (tries >= ATTEMPTS) throw error;
      retries?.inc({ code: error.code });
    }
    await delay(random() * FIRST_PAUSE_MS * 2 ** tries);
  }
}
