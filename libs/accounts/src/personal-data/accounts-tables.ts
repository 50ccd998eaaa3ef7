import type { PersonalTable } from '@causeway/personal-data';
import { sql } from '@causeway/postgres';

/**
 * What accounts keeps about a person, in the order in which it can be erased. Sealed values are shown opened, by
 * `openedRecords`; of the user's own row and of the audit log stays what names nobody.
 */
export const accountsPersonalData: readonly PersonalTable[] = [
  {
    table: 'accounts.enlistments',
    of: ({ userId }) => sql`opt_in_id in (select id from accounts.opt_ins where user_id = ${userId}::uuid)`,
    orderBy: sql`opt_in_id`,
  },
  {
    table: 'accounts.consent_log',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`at, id`,
    hidden: ['evidence_sealed'],
  },
  {
    table: 'accounts.opt_ins',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`created_at, id`,
  },
  {
    table: 'accounts.identifiers',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`proven_at, id`,
    hidden: ['value_sealed'],
  },
  {
    table: 'accounts.devices',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`created_at, id`,
  },
  {
    table: 'accounts.whereabouts',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`gatekeeper`,
  },
  {
    table: 'accounts.mode_choices',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`gatekeeper`,
  },
  {
    table: 'accounts.revocations',
    of: ({ deviceIds }) => sql`device_id = any(${deviceIds}::uuid[])`,
    orderBy: sql`epoch`,
    // A gap in the epochs would make every pod look at all devices; what is left names nobody, for a day.
    erase: async () => true,
  },
  {
    table: 'accounts.audit_log',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`at, id`,
    erase: async () => true,
  },
  {
    table: 'accounts.users',
    of: ({ userId }) => sql`id = ${userId}::uuid`,
    orderBy: sql`id`,
    hidden: ['data_key_sealed'],
    erase: async () => true,
  },
  {
    table: 'accounts.erasures',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`user_id`,
    erase: async () => true,
  },
  {
    table: 'accounts.erased_stores',
    of: ({ userId }) => sql`user_id = ${userId}::uuid`,
    orderBy: sql`store`,
    erase: async () => true,
  },
];
