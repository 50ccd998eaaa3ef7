import { sql, type SqlExecutor } from '@causeway/postgres';

/** A device as its user sees it. */
export interface DeviceRecord {
  readonly deviceId: string;
  readonly name: string | undefined;
  readonly createdAt: Date;
}

interface Row {
  readonly id: string;
  readonly name: string | null;
  readonly created_at: Date;
}

/** @returns the user's devices that were not removed, oldest first. */
export async function listDevices(executor: SqlExecutor, userId: string): Promise<readonly DeviceRecord[]> {
  const rows = await executor.query<Row>(sql`
    select id, name, created_at from accounts.devices
    where user_id = ${userId}::uuid and removed_at is null order by created_at, id`);
  return rows.map((row) => ({ deviceId: row.id, name: row.name ?? undefined, createdAt: row.created_at }));
}

export async function insertDevice(
  tx: SqlExecutor,
  device: { readonly id: string; readonly userId: string; readonly name: string | undefined },
): Promise<void> {
  await tx.query(sql`
    insert into accounts.devices (id, user_id, name) values (${device.id}, ${device.userId}, ${device.name ?? null})`);
}

/** Marks the device as removed and forgets its name. @returns whether it was there */
export async function markRemoved(tx: SqlExecutor, deviceId: string): Promise<boolean> {
  const rows = await tx.query(sql`
    update accounts.devices set removed_at = now(), name = null
    where id = ${deviceId}::uuid and removed_at is null returning id`);
  return rows.length > 0;
}
