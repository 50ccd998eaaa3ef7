import { sql, type SqlExecutor } from '@causeway/postgres';

export { revokedSince, type RevokedSince } from './revocations.js';

export type UserState = 'active' | 'suspended' | 'erased';

/** States of an opt-in that the directory shows; one that is lapsed or deleted is not in it. */
export type LiveOptInState = 'consented' | 'enlisting' | 'enlisted' | 'lapsing' | 'suspended' | 'deleting';

/** A device that was not removed, and its user. */
export interface DirectoryDevice {
  readonly deviceId: string;
  readonly userId: string;
  readonly subjectHash: Uint8Array;
  readonly userState: UserState;
}

/** A device's live opt-in to one gatekeeper. */
export interface DirectoryOptIn extends DirectoryDevice {
  readonly gatekeeper: string;
  readonly optInId: string;
  readonly optInState: LiveOptInState;
  /** Keyed hash of the identifier; absent once the identifier was removed. */
  readonly identifierHmac: Uint8Array | undefined;
  /** The gatekeeper's number for the user; absent before enlistment. */
  readonly accountNumber: bigint | undefined;
  /** Who speaks the gatekeeper's protocol; `proxy` also before enlistment. */
  readonly mode: 'proxy' | 'tunnel' | 'direct';
}

interface Row {
  readonly device_id: string;
  readonly user_id: string;
  readonly subject_hash: Uint8Array;
  readonly user_state: UserState;
  readonly gatekeeper: string;
  readonly opt_in_id: string;
  readonly opt_in_state: LiveOptInState;
  readonly identifier_hmac: Uint8Array | null;
  readonly account_number: string | null;
  readonly mode: DirectoryOptIn['mode'] | null;
}

function toDevice(row: Row): DirectoryDevice {
  return {
    deviceId: row.device_id,
    userId: row.user_id,
    subjectHash: row.subject_hash,
    userState: row.user_state,
  };
}

function toOptIn(row: Row): DirectoryOptIn {
  return {
    ...toDevice(row),
    gatekeeper: row.gatekeeper,
    optInId: row.opt_in_id,
    optInState: row.opt_in_state,
    identifierHmac: row.identifier_hmac ?? undefined,
    accountNumber: row.account_number === null ? undefined : BigInt(row.account_number),
    mode: row.mode ?? 'proxy',
  };
}

// An id from outside that is no UUID names no device; the database would refuse the statement instead.
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The device of that id, unless it is unknown or was removed. Throws PostgresError. */
export async function findDevice(
  executor: SqlExecutor,
  deviceId: string,
): Promise<DirectoryDevice | undefined> {
  if (!uuid.test(deviceId)) return undefined;
  const [row] = await executor.query<Row>(
    sql`select device_id, user_id, subject_hash, user_state from accounts.directory
      where device_id = ${deviceId}::uuid limit 1`,
  );
  return row && toDevice(row);
}

/**
 * The live opt-in of a device to a gatekeeper. Its state and the user's decide what it may do: a suspended user has
 * one too. Throws PostgresError.
 */
export async function findOptIn(
  executor: SqlExecutor,
  deviceId: string,
  gatekeeper: string,
): Promise<DirectoryOptIn | undefined> {
  if (!uuid.test(deviceId)) return undefined;
  const [row] = await executor.query<Row>(
    sql`select * from accounts.directory where device_id = ${deviceId}::uuid and gatekeeper = ${gatekeeper}`,
  );
  return row && toOptIn(row);
}

/**
 * The live opt-ins under identifiers, given by their keyed hashes, in no order. At most one exists under each at a
 * gatekeeper; those that name nobody are left out. Throws PostgresError.
 */
export async function findByIdentifiers(
  executor: SqlExecutor,
  keys: readonly { readonly gatekeeper: string; readonly hmac: Uint8Array }[],
): Promise<readonly DirectoryOptIn[]> {
  const rows = await executor.query<Row>(
    sql`select d.* from unnest(${keys.map(({ gatekeeper }) => gatekeeper)}::text[],
                               ${keys.map(({ hmac }) => hmac)}::bytea[]) as k (gatekeeper, hmac)
      cross join lateral (select * from accounts.directory
        where identifier_hmac = k.hmac and gatekeeper = k.gatekeeper limit 1) d`,
  );
  return rows.map(toOptIn);
}

/** The gatekeepers where the device may send and receive: enlisted (or about to lapse), and its user active. */
export async function enlistedGatekeepers(
  executor: SqlExecutor,
  deviceId: string,
): Promise<readonly string[]> {
  if (!uuid.test(deviceId)) return [];
  const rows = await executor.query<Row>(
    sql`select gatekeeper from accounts.directory
      where device_id = ${deviceId}::uuid and user_state = 'active' and opt_in_state in ('enlisted', 'lapsing')
      order by gatekeeper`,
  );
  return rows.map((row) => row.gatekeeper);
}
