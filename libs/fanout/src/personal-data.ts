import type { PersonalTable } from '@causeway/personal-data';
import { sql } from '@causeway/postgres';

/** What fanout keeps about a person: what waits for her devices, and what they asked to send. */
export const fanoutPersonalData: readonly PersonalTable[] = [
  {
    table: 'fanout.mailbox',
    of: ({ sessionKeys }) => sql`session_key = any(${sessionKeys}::text[])`,
    orderBy: sql`session_key, seq`,
    content: ['payload'],
  },
  {
    table: 'fanout.mailbox_stalls',
    of: ({ sessionKeys }) => sql`session_key = any(${sessionKeys}::text[])`,
    orderBy: sql`session_key`,
  },
  {
    table: 'fanout.submissions',
    of: ({ sessionKeys }) => sql`session_key = any(${sessionKeys}::text[])`,
    orderBy: sql`session_key, message_id`,
    content: ['payload'],
  },
  {
    table: 'fanout.inbox',
    of: ({ sessionKeys }) => sql`source = any(${sessionKeys}::text[])`,
    orderBy: sql`source, id`,
  },
  {
    table: 'fanout.wakes',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`device_id, gatekeeper`,
  },
  {
    table: 'fanout.web_push_registrations',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`device_id`,
    // What is sealed is shown opened, by `WebPushStore.reveal`.
    hidden: ['sealed', 'wrapped_data_key'],
  },
];
