import type { PersonalTable } from '@causeway/personal-data';
import { sql } from '@causeway/postgres';

/** What session keeps about a person: the key and the state of each of her sessions. */
export const sessionPersonalData: readonly PersonalTable[] = [
  {
    table: 'session.noise_keys',
    of: ({ sessionKeys }) => sql`session_key = any(${sessionKeys}::text[])`,
    orderBy: sql`session_key`,
    hidden: ['sealed_private', 'wrapped_data_key'],
  },
  {
    table: 'session.sessions',
    of: ({ sessionKeys }) => sql`session_key = any(${sessionKeys}::text[])`,
    orderBy: sql`session_key`,
  },
  {
    table: 'session.rests',
    of: ({ sessionKeys }) => sql`session_key = any(${sessionKeys}::text[])`,
    orderBy: sql`session_key, kind`,
  },
];
