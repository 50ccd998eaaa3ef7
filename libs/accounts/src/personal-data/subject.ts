import { limits } from '@causeway/limits';
import type { Subject } from '@causeway/personal-data';
import { sql, type SqlExecutor } from '@causeway/postgres';

const ITEMS = limits.personalSubjectItems.value;

interface Row {
  readonly device_ids: readonly string[];
  readonly session_keys: readonly string[];
  readonly gatekeepers: readonly string[];
  readonly hashes: readonly string[];
}

/** Under which names the services know a user; several when there are more names than fit into one request. */
export async function subjectsOf(executor: SqlExecutor, userId: string): Promise<readonly Subject[]> {
  const [row] = await executor.query<Row>(sql`
    select
      array(select id::text from accounts.devices where user_id = ${userId}::uuid order by id) as device_ids,
      array(select distinct device_id || '.' || gatekeeper from accounts.opt_ins
        where user_id = ${userId}::uuid) as session_keys,
      array(select distinct gatekeeper from accounts.opt_ins where user_id = ${userId}::uuid) as gatekeepers,
      array(select encode(value_hmac, 'base64') from accounts.identifiers
        where user_id = ${userId}::uuid and removed_at is null and lost_at is null) as hashes`);
  const { device_ids = [], session_keys = [], gatekeepers = [], hashes = [] } = row ?? {};
  const parts = Math.max(
    1,
    ...[device_ids, session_keys, hashes].map(({ length }) => Math.ceil(length / ITEMS)),
  );
  return Array.from({ length: parts }, (_, part) => {
    const slice = (items: readonly string[]) => items.slice(part * ITEMS, (part + 1) * ITEMS);
    return {
      userId,
      deviceIds: slice(device_ids),
      sessionKeys: slice(session_keys),
      identifierHashes: slice(hashes),
      gatekeepers: gatekeepers.slice(0, ITEMS),
    };
  });
}
