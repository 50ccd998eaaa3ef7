import { limits } from '@causeway/limits';
import { sql, type Postgres } from '@causeway/postgres';

/** Wakes of one gatekeeper's calls that were given up. */
export interface DeadWakes {
  readonly gatekeeper: string;
  readonly devices: number;
  /** When the oldest of them was called for. */
  readonly oldest: Date;
}

/** @returns what was given up and not called for anew since, by gatekeeper; names no device @throws PostgresError */
export async function listDeadWakes(postgres: Postgres): Promise<readonly DeadWakes[]> {
  return postgres.query<DeadWakes & Record<string, unknown>>(sql`
    select gatekeeper, count(*)::int as devices, min(requested_at) as oldest
    from fanout.wakes where state = 'dead' group by gatekeeper order by gatekeeper`);
}

/**
 * Makes wakes that were given up due again, with all their attempts, spread so that the provider's push service is not
 * met by all at once. Harmless when repeated: what waits already is left alone.
 * @param gatekeeper only those; all of them when absent
 * @returns how many devices
 * @throws PostgresError
 */
export async function retryDeadWakes(postgres: Postgres, gatekeeper?: string): Promise<number> {
  let retried = 0;
  for (;;) {
    const rows = await postgres.query(sql`
      update fanout.wakes set state = 'waiting', attempts = 0,
        due_at = now() + random() * ${limits.wakeSpreadMs.value} * interval '1 ms'
      where (device_id, gatekeeper) in (
        select device_id, gatekeeper from fanout.wakes
        where state = 'dead' and gatekeeper = coalesce(${gatekeeper ?? null}, gatekeeper)
        order by requested_at limit ${limits.sweepBatchItems.value} for update skip locked)
      returning 1`);
    retried += rows.length;
    if (rows.length < limits.sweepBatchItems.value) return retried;
  }
}
