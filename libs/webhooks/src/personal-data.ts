import type { PersonalTable } from '@causeway/personal-data';
import { sql } from '@causeway/postgres';

const called: PersonalTable['of'] = ({
  gatekeepers,
  identifierHashes,
}) => sql`gatekeeper = any(${gatekeepers}::text[])
  and identifier_hmac = any(array(select decode(hash, 'base64') from unnest(${identifierHashes}::text[]) hash))`;

/** What webhooks keeps about a person: the gatekeeper's calls for her identifiers. */
export const webhooksPersonalData: readonly PersonalTable[] = [
  { table: 'webhooks.push_deliveries', of: called, orderBy: sql`id` },
  { table: 'webhooks.push_resolutions', of: called, orderBy: sql`gatekeeper, identifier_hmac` },
];
