import type { Postgres } from '@causeway/postgres';
import { openOwnerStore, type OwnerStore, type StoreTransaction } from '../client/owner-store.js';

export type { NoiseKey, Session } from '../generated/client.js';
export { asExecutor } from '../client/executor.js';

const models = ['noiseKey', 'session', 'sessionOutbox', 'sessionInbox'] as const;

type SessionModel = (typeof models)[number];

/** Noise static keys and the state of upstream connections. */
export type SessionStore = OwnerStore<SessionModel>;
export type SessionTransaction = StoreTransaction<SessionModel>;

/** Opens the store of session on the pool of its own database role. Opens no connection yet. */
export function sessionStore(postgres: Postgres): SessionStore {
  return openOwnerStore(postgres, models);
}
