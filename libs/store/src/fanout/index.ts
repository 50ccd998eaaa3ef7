import type { Postgres } from '@causeway/postgres';
import { openOwnerStore, type OwnerStore, type StoreTransaction } from '../client/owner-store.js';

export type { MailboxItem, Submission } from '../generated/client.js';
export { asExecutor } from '../client/executor.js';

const models = ['mailboxItem', 'mailboxStall', 'submission', 'fanoutOutbox', 'fanoutInbox'] as const;

type FanoutModel = (typeof models)[number];

/** The durable mailbox and what devices submitted. */
export type FanoutStore = OwnerStore<FanoutModel>;
export type FanoutTransaction = StoreTransaction<FanoutModel>;

/** Opens the store of fanout on the pool of its own database role. Opens no connection yet. */
export function fanoutStore(postgres: Postgres): FanoutStore {
  return openOwnerStore(postgres, models);
}
