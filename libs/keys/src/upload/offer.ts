import { sessionKeyOf, type DeviceId, type GatekeeperId } from '@causeway/contracts/ids';
import type { EnlistmentKeys } from '@causeway/contracts/keys';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { failpoint } from '@causeway/failpoints';
import { limits } from '@causeway/limits';
import { appendToOutbox } from '@causeway/outbox';
import type { SqlExecutor } from '@causeway/postgres';
import { setRefillOwed, takePreKeys } from './upload.store.js';

const SCHEMA = 'keys';

/**
 * Takes a batch of one-time prekeys for ever and sends it to the gatekeeper once the transaction is committed. Where
 * none is there a refill is owed: what the device publishes next is offered at once, or the gatekeeper would have none
 * until the next login.
 * @returns whether there was one; it brings the signed prekey along
 */
export async function offerPreKeys(
  tx: SqlExecutor,
  pool: { readonly deviceId: DeviceId; readonly gatekeeper: GatekeeperId },
  identity: EnlistmentKeys,
  batch: number = limits.prekeyBatchItems.value,
): Promise<boolean> {
  const { deviceId, gatekeeper } = pool;
  const preKeys = await takePreKeys(tx, pool, batch);
  failpoint('keys.prekeys.taken');
  await setRefillOwed(tx, pool, preKeys.length === 0);
  if (preKeys.length === 0) return false;
  const sessionKey = sessionKeyOf(deviceId, gatekeeper);
  const { registrationId, identityKey, signedPreKey } = identity;
  const keys = { registrationId, identityKey, signedPreKey, preKeys };
  const upload: UpstreamEvent = { type: 'prekeys.upload', sessionKey, gatekeeper, ...keys };
  await appendToOutbox(tx, SCHEMA, upstreamTopic, [{ data: upload }]);
  return true;
}

/** Sends the device's signed prekey to the gatekeeper once the transaction is committed. */
export async function offerSignedPreKey(
  tx: SqlExecutor,
  { deviceId, gatekeeper }: { readonly deviceId: DeviceId; readonly gatekeeper: GatekeeperId },
  { signedPreKey }: Pick<EnlistmentKeys, 'signedPreKey'>,
): Promise<void> {
  const sessionKey = sessionKeyOf(deviceId, gatekeeper);
  const rotate: UpstreamEvent = { type: 'signed-prekey.rotate', sessionKey, gatekeeper, signedPreKey };
  await appendToOutbox(tx, SCHEMA, upstreamTopic, [{ data: rotate }]);
}
