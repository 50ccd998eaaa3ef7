import { limits } from '@causeway/limits';
import { sql, type SqlExecutor } from '@causeway/postgres';

/**
 * Records that a device lost a right, or (without one) that all may have, in the transaction that took it. The lock is held until the transaction ends, so
 * that epochs become visible in their order and a reader passes none over. What is older than a day goes, except the
 * newest.
 */
export async function recordRevocation(tx: SqlExecutor, deviceId: string | undefined): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('accounts.revocations', 0))`);
  await tx.query(sql`
    insert into accounts.revocations (epoch, device_id)
    select coalesce(max(epoch), 0) + 1, ${deviceId ?? null}::uuid from accounts.revocations`);
  await tx.query(sql`
    delete from accounts.revocations
    where at < now() - ${limits.revocationRetentionMs.value} * interval '1 millisecond'
      and epoch < (select max(epoch) from accounts.revocations)`);
}
