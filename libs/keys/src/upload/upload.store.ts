import type { PreKey } from '@causeway/contracts/keys';
import { sql, type SqlExecutor } from '@causeway/postgres';
import type { Pool } from '../published/published-keys.store.js';

/**
 * Takes one-time prekeys out of a pool for ever, oldest first: whoever takes skips what others are taking. What was
 * taken and never confirmed is lost on purpose, since the gatekeeper may have given it out.
 */
export async function takePreKeys(db: SqlExecutor, pool: Pool, count: number): Promise<PreKey[]> {
  const rows = await db.query<{ key_id: number; public_key: Buffer }>(sql`
    update keys.prekeys set state = 'uploading'
    where (device_id, pool, key_id) in (
      select device_id, pool, key_id from keys.prekeys
      where device_id = ${pool.deviceId} and pool = ${pool.gatekeeper} and state = 'available'
      order by key_id limit ${count} for update skip locked)
    returning key_id, public_key`);
  return rows
    .map(({ key_id, public_key }) => ({ id: key_id, key: public_key.toString('base64') }))
    .toSorted((a, b) => a.id - b.id);
}

/** @returns public keys by their ids, of whatever state */
export async function preKeysById(
  db: SqlExecutor,
  pool: Pool,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Buffer>> {
  const rows = await db.query<{ key_id: number; public_key: Buffer }>(sql`
    select key_id, public_key from keys.prekeys
    where device_id = ${pool.deviceId} and pool = ${pool.gatekeeper} and key_id = any(${[...ids]}::int[])`);
  return new Map(rows.map(({ key_id, public_key }) => [key_id, public_key]));
}

/** The gatekeeper has confirmed these. */
export async function markUploaded(db: SqlExecutor, pool: Pool, ids: readonly number[]): Promise<void> {
  await db.query(sql`
    update keys.prekeys set state = 'uploaded'
    where device_id = ${pool.deviceId} and pool = ${pool.gatekeeper} and key_id = any(${[...ids]}::int[])`);
}

/** Notes whether the gatekeeper waits for one-time prekeys that are not there. */
export async function setRefillOwed(db: SqlExecutor, pool: Pool, owed: boolean): Promise<void> {
  await db.query(sql`
    update keys.identities set refill_owed = ${owed}
    where device_id = ${pool.deviceId} and gatekeeper = ${pool.gatekeeper} and refill_owed <> ${owed}`);
}

/** @returns whether the gatekeeper waits; the answer holds until the end of the transaction. */
export async function isRefillOwed(tx: SqlExecutor, pool: Pool): Promise<boolean> {
  const rows = await tx.query(sql`
    select 1 from keys.identities
    where device_id = ${pool.deviceId} and gatekeeper = ${pool.gatekeeper} and refill_owed for update`);
  return rows.length > 0;
}
