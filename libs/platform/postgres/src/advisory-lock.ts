import { createHash } from 'node:crypto';
import type { SqlExecutor } from './executor.js';
import { sql } from './sql.js';

/** The 64-bit number under which a named lock is taken; Postgres knows locks by number only. */
export function lockNumber(name: string): string {
  return createHash('sha256').update(name).digest().readBigInt64BE(0).toString();
}

/** A lock of the session connection. It is gone when the connection is, which `lost` tells. */
export interface AdvisoryLock {
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Waits for a named lock and holds it until the transaction ends. Throws PostgresError `statement_timeout`. */
export async function lockInTransaction(tx: SqlExecutor, name: string): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(${lockNumber(name)}::bigint)`);
}

/** Takes a named lock until the transaction ends. @returns false when another transaction holds it */
export async function tryLockInTransaction(tx: SqlExecutor, name: string): Promise<boolean> {
  const [row] = await tx.query<{ taken: boolean }>(
    sql`select pg_try_advisory_xact_lock(${lockNumber(name)}::bigint) as taken`,
  );
  return row?.taken === true;
}
