import type { Postgres } from '@causeway/postgres';
import { openOwnerStore, type OwnerStore, type StoreTransaction } from '../client/owner-store.js';

export type { MediaObject } from '../generated/client.js';
export { asExecutor } from '../client/executor.js';

const models = ['mediaObject', 'mediaOutbox', 'mediaInbox'] as const;

type MediaModel = (typeof models)[number];

/** What is known of each encrypted blob. */
export type MediaStore = OwnerStore<MediaModel>;
export type MediaTransaction = StoreTransaction<MediaModel>;

/** Opens the store of media on the pool of its own database role. Opens no connection yet. */
export function mediaStore(postgres: Postgres): MediaStore {
  return openOwnerStore(postgres, models);
}
