import type { Postgres } from '@causeway/postgres';
import { openOwnerStore, type OwnerStore, type StoreTransaction } from '../client/owner-store.js';

export type { Identity, Prekey } from '../generated/client.js';
export { asExecutor } from '../client/executor.js';

const models = ['identity', 'prekey', 'keysOutbox', 'keysInbox'] as const;

type KeysModel = (typeof models)[number];

/** Identities, signed prekeys and one-time prekeys. */
export type KeysStore = OwnerStore<KeysModel>;
export type KeysTransaction = StoreTransaction<KeysModel>;

/** Opens the store of keys on the pool of its own database role. Opens no connection yet. */
export function keysStore(postgres: Postgres): KeysStore {
  return openOwnerStore(postgres, models);
}
