import type { SealedTable } from '@causeway/sealing';

/** What a user's data key is for. */
export function dataKeyContext(userId: string): string {
  return `user-data-key ${userId}`;
}

/** Where accounts keeps data keys. */
export const accountsSealedTables: readonly SealedTable[] = [
  {
    table: 'accounts.users',
    id: { column: 'id', type: 'uuid' },
    wrappedKey: 'data_key_sealed',
    context: dataKeyContext,
  },
];
