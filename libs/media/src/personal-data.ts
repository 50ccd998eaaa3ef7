import type { PersonalTable } from '@causeway/personal-data';
import { sql } from '@causeway/postgres';

/** What media keeps about a person: her encrypted blobs, whose bytes are not shown and are removed by the sweeper. */
export const mediaPersonalData: readonly PersonalTable[] = [
  {
    table: 'media.objects',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`created_at, reference`,
    async erase(executor, { userId }) {
      await executor.query(sql`
        update media.objects set state = 'deleted', deleted_at = now(), expires_at = now()
        where user_id = ${userId}::uuid and state <> 'deleted'`);
      // The row goes with the blob.
      const left = await executor.query(
        sql`select 1 from media.objects where user_id = ${userId}::uuid limit 1`,
      );
      return left.length === 0;
    },
  },
];
