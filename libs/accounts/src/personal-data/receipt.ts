import { accountTopic, type ErasureReceipt } from '@causeway/contracts/accounts';
import { UserId } from '@causeway/contracts/ids';
import type { ErasureRecord } from './erasures.store.js';
import { storeNames } from './stores.js';

/** @param gatekeepers that have not confirmed the deletion of the user's account */
export function receiptOf(erasure: ErasureRecord, gatekeepers: readonly string[] = []): ErasureReceipt {
  const { userId, requestedBy, requestedAt, completedAt, stores } = erasure;
  const confirmed = new Set(stores.map(({ store }) => store));
  const open = ['accounts', ...storeNames].filter((store) => !confirmed.has(store));
  return {
    userId: UserId.parse(userId),
    state: completedAt === undefined ? 'running' : 'done',
    requestedBy,
    requestedAt: requestedAt.getTime(),
    stores: stores.map(({ store, erasedAt }) => ({ store, erasedAt: erasedAt.getTime() })),
    waitingFor: [...open, ...gatekeepers.map((gatekeeper) => `gatekeeper ${gatekeeper}`)],
    ...(completedAt !== undefined && {
      completedAt: completedAt.getTime(),
      logsGoneBy: completedAt.getTime() + accountTopic.retentionMs,
    }),
  };
}
