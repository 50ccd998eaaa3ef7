import type { EnlistmentKeys, PreKey, PublishKeysRequest } from '@causeway/contracts/keys';
import { sql, type SqlExecutor } from '@causeway/postgres';

/** A device's pool of keys for one gatekeeper. */
export interface Pool {
  readonly deviceId: string;
  readonly gatekeeper: string;
}

interface IdentityRow {
  readonly registration_id: number;
  readonly identity_key: Buffer;
  readonly signed_prekey_id: number;
  readonly signed_prekey: Buffer;
  readonly signed_prekey_signature: Buffer;
}

/** @returns the identity and signed prekey of a pool, if the device has published any. */
export async function findIdentity(db: SqlExecutor, pool: Pool): Promise<EnlistmentKeys | undefined> {
  const [row] = await db.query<IdentityRow>(sql`
    select registration_id, identity_key, signed_prekey_id, signed_prekey, signed_prekey_signature
    from keys.identities where device_id = ${pool.deviceId} and gatekeeper = ${pool.gatekeeper}`);
  if (row === undefined) return undefined;
  return {
    registrationId: row.registration_id,
    identityKey: row.identity_key.toString('base64'),
    signedPreKey: {
      id: row.signed_prekey_id,
      key: row.signed_prekey.toString('base64'),
      signature: row.signed_prekey_signature.toString('base64'),
    },
  };
}

/** Keeps the identity and signed prekey of a pool, in place of an older one. */
export async function saveIdentity(db: SqlExecutor, pool: Pool, keys: PublishKeysRequest): Promise<void> {
  const { registrationId, signedPreKey } = keys;
  await db.query(sql`
    insert into keys.identities as old (device_id, gatekeeper, registration_id, identity_key,
                                 signed_prekey_id, signed_prekey, signed_prekey_signature, updated_at)
    values (${pool.deviceId}, ${pool.gatekeeper}, ${registrationId}, ${bytes(keys.identityKey)},
            ${signedPreKey.id}, ${bytes(signedPreKey.key)}, ${bytes(signedPreKey.signature)}, now())
    on conflict (device_id, gatekeeper) do update set
      registration_id = excluded.registration_id, identity_key = excluded.identity_key,
      signed_prekey_id = excluded.signed_prekey_id, signed_prekey = excluded.signed_prekey,
      signed_prekey_signature = excluded.signed_prekey_signature, updated_at = now(),
      signed_prekey_since = case when old.signed_prekey = excluded.signed_prekey
        then old.signed_prekey_since else now() end`);
}

/** @returns for how many seconds a pool has had its signed prekey, if the device has published any. */
export async function signedPreKeyAge(db: SqlExecutor, pool: Pool): Promise<number | undefined> {
  const [row] = await db.query<{ age: string }>(sql`
    select extract(epoch from now() - signed_prekey_since) as age
    from keys.identities where device_id = ${pool.deviceId} and gatekeeper = ${pool.gatekeeper}`);
  return row && Number(row.age);
}

/**
 * Adds one-time prekeys; publishing a key again under its id changes nothing.
 * @returns ids that were published before with another key
 */
export async function addPreKeys(db: SqlExecutor, pool: Pool, preKeys: readonly PreKey[]): Promise<number[]> {
  const ids = preKeys.map(({ id }) => id);
  const keys = preKeys.map(({ key }) => bytes(key));
  await db.query(sql`
    insert into keys.prekeys (device_id, pool, key_id, public_key)
    select ${pool.deviceId}, ${pool.gatekeeper}, key_id, public_key
    from unnest(${ids}::int[], ${keys}::bytea[]) as new (key_id, public_key)
    on conflict (device_id, pool, key_id) do nothing`);
  const clashes = await db.query<{ key_id: number }>(sql`
    select new.key_id from unnest(${ids}::int[], ${keys}::bytea[]) as new (key_id, public_key)
    join keys.prekeys old on old.device_id = ${pool.deviceId} and old.pool = ${pool.gatekeeper}
      and old.key_id = new.key_id and old.public_key <> new.public_key`);
  return clashes.map(({ key_id }) => key_id);
}

/** @returns how many one-time prekeys wait here, and how many the gatekeeper was given. */
export async function countPreKeys(
  db: SqlExecutor,
  pool: Pool,
): Promise<{ available: number; uploaded: number }> {
  const [row] = await db.query<{ available: string; uploaded: string }>(sql`
    select count(*) filter (where state = 'available') as available,
           count(*) filter (where state <> 'available') as uploaded
    from keys.prekeys where device_id = ${pool.deviceId} and pool = ${pool.gatekeeper}`);
  return { available: Number(row?.available ?? 0), uploaded: Number(row?.uploaded ?? 0) };
}

/**
 * Forgets the keys of one pool of a device, or of all its pools, as they were at a time: what the device has published
 * since belongs to a new beginning. While the device is there, one-time prekeys that the gatekeeper was given stay
 * known, so that none of them is ever given out again.
 * @param until RFC 3339
 */
export async function eraseKeys(
  db: SqlExecutor,
  deviceId: string,
  until: string,
  gatekeeper?: string,
): Promise<void> {
  const only = gatekeeper ?? null;
  await db.query(sql`delete from keys.identities where device_id = ${deviceId}
    and updated_at <= ${until}::timestamptz and (${only}::text is null or gatekeeper = ${only})`);
  await db.query(sql`delete from keys.prekeys where device_id = ${deviceId}
    and created_at <= ${until}::timestamptz
    and (${only}::text is null or (pool = ${only} and state = 'available'))`);
}

function bytes(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
