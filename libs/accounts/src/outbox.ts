import { accountTopic, type AccountEvent } from '@causeway/contracts/accounts';
import { appendToOutbox } from '@causeway/outbox';
import type { SqlExecutor } from '@causeway/postgres';

/** The Postgres schema of this service. */
export const SCHEMA = 'accounts';

/** Tells the other services of a change, when and only when the change is committed. */
export async function announce(tx: SqlExecutor, event: AccountEvent): Promise<void> {
  await appendToOutbox(tx, SCHEMA, accountTopic, [{ data: event }]);
}
