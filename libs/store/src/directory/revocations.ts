import { sql, type SqlExecutor } from '@causeway/postgres';

interface Row {
  readonly epoch: string;
  /** Null stands for every device. */
  readonly device_id: string | null;
}

/** What was revoked after an epoch, and the epoch of now. */
export interface RevokedSince {
  readonly epoch: bigint;
  /** `all` when all were revoked, when there are more than the limit, or when the record does not reach back so far. */
  readonly deviceIds: readonly string[] | 'all';
}

/**
 * The devices that lost a right after an epoch; each row was committed after all of smaller epochs. Without an epoch none
 * are told. Throws PostgresError.
 */
export async function revokedSince(
  executor: SqlExecutor,
  since: bigint | undefined,
  limit: number,
): Promise<RevokedSince> {
  if (since === undefined) return { epoch: await currentEpoch(executor), deviceIds: [] };
  // The row of the epoch itself is read too: it is there unless the record was cut, or the database set back.
  const rows = await executor.query<Row>(sql`
    select epoch, device_id from accounts.revoked where epoch >= ${since} order by epoch limit ${limit + 2}`);
  const reaches = since === 0n || rows[0]?.epoch === String(since);
  const later = rows.filter(({ epoch }) => BigInt(epoch) > since);
  if (!reaches || later.length > limit) return { epoch: await currentEpoch(executor), deviceIds: 'all' };
  const deviceIds = later.flatMap((row) => row.device_id ?? []);
  const epoch = BigInt(later.at(-1)?.epoch ?? since);
  return { epoch, deviceIds: deviceIds.length < later.length ? 'all' : deviceIds };
}

async function currentEpoch(executor: SqlExecutor): Promise<bigint> {
  const [row] = await executor.query<{ epoch: string }>(
    sql`select coalesce(max(epoch), 0)::text as epoch from accounts.revoked`,
  );
  return BigInt(row?.epoch ?? 0);
}
