import type { PersonalTable } from '@causeway/personal-data';
import { sql } from '@causeway/postgres';

/** What keys keeps about a person: public keys of her devices. */
export const keysPersonalData: readonly PersonalTable[] = [
  {
    table: 'keys.identities',
    of: ({ deviceIds }) => sql`device_id = any(${deviceIds}::uuid[])`,
    orderBy: sql`device_id, gatekeeper`,
  },
  {
    table: 'keys.prekeys',
    of: ({ deviceIds }) => sql`device_id = any(${deviceIds}::uuid[])`,
    orderBy: sql`device_id, pool, key_id`,
  },
];
