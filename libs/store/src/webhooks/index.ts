import type { Postgres } from '@causeway/postgres';
import { openOwnerStore, type OwnerStore, type StoreTransaction } from '../client/owner-store.js';

export type { PushDelivery, PushResolution } from '../generated/client.js';
export { asExecutor } from '../client/executor.js';

const models = ['pushDelivery', 'pushResolution', 'webhooksOutbox', 'webhooksInbox'] as const;

type WebhooksModel = (typeof models)[number];

/** Calls that the gatekeeper made. */
export type WebhooksStore = OwnerStore<WebhooksModel>;
export type WebhooksTransaction = StoreTransaction<WebhooksModel>;

/** Opens the store of webhooks on the pool of its own database role. Opens no connection yet. */
export function webhooksStore(postgres: Postgres): WebhooksStore {
  return openOwnerStore(postgres, models);
}
