import type { Postgres } from '@causeway/postgres';
import { openOwnerStore, type OwnerStore, type StoreTransaction } from '../client/owner-store.js';

export type { User, Device, Identifier, OptIn, ConsentLog, Enlistment } from '../generated/client.js';
export { asExecutor } from '../client/executor.js';

const models = [
  'user',
  'device',
  'identifier',
  'optIn',
  'consentLog',
  'enlistment',
  'accountsOutbox',
  'accountsInbox',
] as const;

type AccountsModel = (typeof models)[number];

/** Users, devices, identifiers, opt-ins, consents and enlistments. */
export type AccountsStore = OwnerStore<AccountsModel>;
export type AccountsTransaction = StoreTransaction<AccountsModel>;

/** Opens the store of accounts on the pool of its own database role. Opens no connection yet. */
export function accountsStore(postgres: Postgres): AccountsStore {
  return openOwnerStore(postgres, models);
}
