import { randomUUID } from 'node:crypto';
import type { OptInState } from '@causeway/contracts/accounts';
import { DeviceId, GatekeeperId, OptInId, UserId } from '@causeway/contracts/ids';
import { limits } from '@causeway/limits';
import { sql, type SqlExecutor } from '@causeway/postgres';

/** An opt-in with what its enlistment last said. */
export interface OptInRecord {
  readonly id: OptInId;
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly gatekeeper: GatekeeperId;
  readonly identifierId: string;
  readonly state: OptInState;
  readonly readReceipts: boolean;
  readonly lastErrorCode: string | undefined;
}

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly device_id: string;
  readonly gatekeeper: string;
  readonly identifier_id: string;
  readonly state: OptInState;
  readonly read_receipts: boolean;
  readonly last_error_code: string | null;
}

const columns = sql.raw(`
  select o.id, o.user_id, o.device_id, o.gatekeeper, o.identifier_id, o.state, o.read_receipts, e.last_error_code
  from accounts.opt_ins o left join accounts.enlistments e on e.opt_in_id = o.id`);

/** @returns the opt-in of that id. */
export async function findOptInById(
  executor: SqlExecutor,
  optInId: string,
): Promise<OptInRecord | undefined> {
  return first(executor.query<Row>(sql`${columns} where o.id = ${optInId}::uuid`));
}

/** @returns the device's latest opt-in to the gatekeeper, whatever became of it. */
export async function findLatest(
  executor: SqlExecutor,
  deviceId: string,
  gatekeeper: string,
): Promise<OptInRecord | undefined> {
  return first(
    executor.query<Row>(sql`${columns}
      where o.device_id = ${deviceId}::uuid and o.gatekeeper = ${gatekeeper} order by o.created_at desc limit 1`),
  );
}

/** @returns the user's one live opt-in to the gatekeeper, on whichever device. */
export async function findLive(
  executor: SqlExecutor,
  userId: string,
  gatekeeper: string,
): Promise<OptInRecord | undefined> {
  return first(
    executor.query<Row>(sql`${columns}
      where o.user_id = ${userId}::uuid and o.gatekeeper = ${gatekeeper} and o.state not in ('deleted', 'lapsed')`),
  );
}

/** @returns the device's live opt-ins. */
export async function findLiveOfDevice(tx: SqlExecutor, deviceId: string): Promise<readonly OptInRecord[]> {
  const rows = await tx.query<Row>(
    sql`${columns} where o.device_id = ${deviceId}::uuid and o.state not in ('deleted', 'lapsed')`,
  );
  return rows.map(toRecord);
}

/** @returns the user's live opt-ins, on whichever device. */
export async function findLiveOfUser(executor: SqlExecutor, userId: string): Promise<readonly OptInRecord[]> {
  const rows = await executor.query<Row>(
    sql`${columns} where o.user_id = ${userId}::uuid and o.state not in ('deleted', 'lapsed')`,
  );
  return rows.map(toRecord);
}

/** @returns every opt-in of the user, whatever became of it, oldest first. */
export async function listOptIns(
  executor: SqlExecutor,
  userId: string,
): Promise<readonly (OptInRecord & { readonly createdAt: Date })[]> {
  const rows = await executor.query<Row & { created_at: Date }>(sql`
    select o.id, o.user_id, o.device_id, o.gatekeeper, o.identifier_id, o.state, o.read_receipts, e.last_error_code,
      o.created_at
    from accounts.opt_ins o left join accounts.enlistments e on e.opt_in_id = o.id
    where o.user_id = ${userId}::uuid order by o.created_at, o.id limit ${limits.optInsListed.value}`);
  return rows.map((row) => ({ ...toRecord(row), createdAt: row.created_at }));
}

/** @returns the live opt-ins under an identifier. */
export async function findLiveUnder(tx: SqlExecutor, identifierId: string): Promise<readonly OptInRecord[]> {
  const rows = await tx.query<Row>(
    sql`${columns} where o.identifier_id = ${identifierId}::uuid and o.state not in ('deleted', 'lapsed')`,
  );
  return rows.map(toRecord);
}

/** Adds an opt-in in state `consented`. */
export async function insertOptIn(
  tx: SqlExecutor,
  optIn: Pick<OptInRecord, 'userId' | 'deviceId' | 'gatekeeper' | 'identifierId' | 'readReceipts'>,
): Promise<OptInRecord> {
  const id = OptInId.parse(randomUUID());
  await tx.query(sql`
    insert into accounts.opt_ins (id, user_id, gatekeeper, device_id, identifier_id, state, read_receipts)
    values (${id}, ${optIn.userId}, ${optIn.gatekeeper}, ${optIn.deviceId}, ${optIn.identifierId}, 'consented',
      ${optIn.readReceipts})`);
  return { ...optIn, id, state: 'consented', lastErrorCode: undefined };
}

/** @returns whether the opt-in was still in the state that it is thought to be in. */
export async function updateState(
  tx: SqlExecutor,
  optInId: string,
  from: OptInState,
  to: OptInState,
): Promise<boolean> {
  const rows = await tx.query(sql`
    update accounts.opt_ins set state = ${to}, updated_at = now()
    where id = ${optInId}::uuid and state = ${from} returning id`);
  return rows.length > 0;
}

export async function updateReadReceipts(tx: SqlExecutor, optInId: string, wanted: boolean): Promise<void> {
  await tx.query(sql`
    update accounts.opt_ins set read_receipts = ${wanted}, updated_at = now() where id = ${optInId}::uuid`);
}

async function first(rows: Promise<readonly Row[]>): Promise<OptInRecord | undefined> {
  const [row] = await rows;
  return row && toRecord(row);
}

function toRecord(row: Row): OptInRecord {
  return {
    id: OptInId.parse(row.id),
    userId: UserId.parse(row.user_id),
    deviceId: DeviceId.parse(row.device_id),
    gatekeeper: GatekeeperId.parse(row.gatekeeper),
    identifierId: row.identifier_id,
    state: row.state,
    readReceipts: row.read_receipts,
    lastErrorCode: row.last_error_code ?? undefined,
  };
}
