import { limits } from '@causeway/limits';
import { sql, type SqlExecutor } from '@causeway/postgres';

/** An erasure that was asked for, with what was confirmed of it. */
export interface ErasureRecord {
  readonly userId: string;
  readonly requestedBy: 'user' | 'provider';
  readonly requestedAt: Date;
  readonly completedAt: Date | undefined;
  readonly stores: readonly { readonly store: string; readonly erasedAt: Date }[];
}

interface Row {
  readonly user_id: string;
  readonly requested_by: 'user' | 'provider';
  readonly requested_at: Date;
  readonly completed_at: Date | null;
}

export async function findErasure(executor: SqlExecutor, userId: string): Promise<ErasureRecord | undefined> {
  const [row] = await executor.query<Row>(sql`
    select user_id, requested_by, requested_at, completed_at from accounts.erasures
    where user_id = ${userId}::uuid`);
  if (row === undefined) return undefined;
  const stores = await executor.query<{ store: string; erased_at: Date }>(sql`
    select store, erased_at from accounts.erased_stores where user_id = ${userId}::uuid order by store`);
  return {
    userId: row.user_id,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    completedAt: row.completed_at ?? undefined,
    stores: stores.map(({ store, erased_at }) => ({ store, erasedAt: erased_at })),
  };
}

/** Asks for an erasure, once. */
export async function insertErasure(
  tx: SqlExecutor,
  userId: string,
  requestedBy: ErasureRecord['requestedBy'],
): Promise<void> {
  await tx.query(sql`
    insert into accounts.erasures (user_id, requested_by) values (${userId}, ${requestedBy})
    on conflict (user_id) do nothing`);
}

/** Claims erasures that are due, the longest waiting first. A claim ends by itself, so that a crash stops nothing. */
export async function claimErasures(executor: SqlExecutor, items: number): Promise<readonly string[]> {
  const leaseSeconds = limits.erasureLeaseMs.value / 1_000;
  const rows = await executor.query<{ user_id: string }>(sql`
    update accounts.erasures set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
    where user_id = any(array(
      select user_id from accounts.erasures where next_attempt_at <= now()
      order by next_attempt_at limit ${items} for update skip locked)) returning user_id`);
  return rows.map(({ user_id }) => user_id);
}

/** Tries again later: the more often it was tried, the later, up to `limits.erasureRetryMs`. */
export async function postponeErasure(executor: SqlExecutor, userId: string): Promise<void> {
  await executor.query(sql`
    update accounts.erasures set next_attempt_at = now() + make_interval(
      secs => least(power(2, least(attempts, 20)), ${limits.erasureRetryMs.value / 1_000}))
    where user_id = ${userId}::uuid and completed_at is null`);
}

/** A store has confirmed that nothing is left in it. */
export async function recordErased(executor: SqlExecutor, userId: string, store: string): Promise<void> {
  await executor.query(sql`
    insert into accounts.erased_stores (user_id, store, erased_at) values (${userId}, ${store}, now())
    on conflict (user_id, store) do update set erased_at = excluded.erased_at`);
}

export async function completeErasure(tx: SqlExecutor, userId: string): Promise<void> {
  await tx.query(sql`
    update accounts.erasures set completed_at = now(), next_attempt_at = 'infinity'
    where user_id = ${userId}::uuid`);
}

/** @returns how many erasures are not completed, and the age of the oldest in seconds. */
export async function pendingErasures(
  executor: SqlExecutor,
): Promise<{ count: number; oldestSeconds: number }> {
  const [row] = await executor.query<{ count: string; oldest: string | null }>(sql`
    select count(*), extract(epoch from now() - min(requested_at)) as oldest from accounts.erasures
    where next_attempt_at < 'infinity'`);
  return { count: Number(row?.count ?? 0), oldestSeconds: Number(row?.oldest ?? 0) };
}
