import type { SqlExecutor } from '@causeway/postgres';
import type { Metrics } from '@causeway/telemetry';
import { pendingDeletions } from './clock.store.js';

/** Gauges of the deletions that gatekeepers have not confirmed; every pod shows the same. */
export function createDeletionGauges(metrics: Metrics) {
  const pending = metrics.gauge('deletions_pending', 'Deletions that the gatekeeper has not confirmed', [
    'gatekeeper',
  ]);
  const age = metrics.gauge(
    'deletions_pending_age_seconds',
    'Age of the oldest deletion that is not confirmed',
    ['gatekeeper'],
  );
  return {
    async read(executor: SqlExecutor, gatekeepers: readonly string[], nowMs: number): Promise<void> {
      const found = new Map(
        (await pendingDeletions(executor, nowMs)).map((entry) => [entry.gatekeeper, entry]),
      );
      for (const gatekeeper of gatekeepers) {
        const { count, ageSeconds } = found.get(gatekeeper) ?? { count: 0, ageSeconds: 0 };
        pending.set(count, { gatekeeper });
        age.set(ageSeconds, { gatekeeper });
      }
    },
  };
}
