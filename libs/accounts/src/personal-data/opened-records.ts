import type { ExportedRecord } from '@causeway/personal-data';
import { sql, type Postgres } from '@causeway/postgres';
import { consentContext } from '../opt-ins/consent-log.store.js';
import { identifierContext } from '../identifiers/identifiers.store.js';
import type { UserRecord, Users } from '../users/users.store.js';

/** What accounts keeps sealed about a user, opened for her. @throws {SealingError} */
export async function* openedRecords(
  postgres: Postgres,
  users: Users,
  user: UserRecord,
): AsyncGenerator<ExportedRecord> {
  if (user.dataKey === null) return;
  using seal = await users.seal(user);
  const identifiers = await postgres.query<{ id: string; value_sealed: Uint8Array }>(sql`
    select id, value_sealed from accounts.identifiers where user_id = ${user.id}::uuid and removed_at is null`);
  for (const { id, value_sealed } of identifiers) {
    const value = seal.open(identifierContext(id), value_sealed);
    yield { table: 'accounts.identifiers', record: { id, value } };
  }
  const consents = await postgres.query<{ id: string; evidence_sealed: Uint8Array }>(sql`
    select id, evidence_sealed from accounts.consent_log
    where user_id = ${user.id}::uuid and evidence_sealed is not null order by at`);
  for (const { id, evidence_sealed } of consents) {
    const evidence: unknown = JSON.parse(seal.open(consentContext(id), evidence_sealed));
    yield { table: 'accounts.consent_log', record: { id, evidence } };
  }
}
