import { accountTopic, type AccountEvent } from '@causeway/contracts/accounts';
import type { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { pushTopic } from '@causeway/contracts/webhooks';
import { appendToOutbox } from '@causeway/outbox';
import type { SqlExecutor } from '@causeway/postgres';

/** The Postgres schema of this service. */
export const SCHEMA = 'accounts';

/** Tells the other services of a change, when and only when the change is committed. */
export async function announce(tx: SqlExecutor, event: AccountEvent): Promise<void> {
  await appendToOutbox(tx, SCHEMA, accountTopic, [{ data: event }]);
}

/** Has a sleeping device woken, without content, so that it connects; nothing happens while it is connected. */
export async function requestWake(
  tx: SqlExecutor,
  of: { readonly userId: UserId; readonly deviceId: DeviceId; readonly gatekeeper: GatekeeperId },
  nowMs: number,
): Promise<void> {
  const { userId, deviceId, gatekeeper } = of;
  const data = { type: 'wake.requested', userId, deviceId, gatekeeper, requestedAt: nowMs } as const;
  await appendToOutbox(tx, SCHEMA, pushTopic, [{ data }]);
}
