import type { OptInRequest } from '@causeway/contracts/accounts';
import { randomUUID } from 'node:crypto';
import { sql, type SqlExecutor } from '@causeway/postgres';
import type { UserSeal } from '../users/user-seal.js';
import type { OptInRecord } from './opt-ins.store.js';

/** What a user was shown and agreed to, and how it is known that it was she. */
export interface GivenConsent {
  readonly request: OptInRequest;
  /** Seconds since 1970, when she last proved who she is, if the access token says so. */
  readonly authTime: number | undefined;
}

/** Adds a consent to the log, its evidence sealed with the user's data key. */
export async function logConsentGiven(
  tx: SqlExecutor,
  optIn: OptInRecord,
  seal: UserSeal,
  { request, authTime }: GivenConsent,
): Promise<void> {
  const id = randomUUID();
  const { identifierKind, readReceipts, consent } = request;
  const evidence = JSON.stringify({ gatekeeper: optIn.gatekeeper, identifierKind, readReceipts, authTime });
  await tx.query(sql`
    insert into accounts.consent_log (id, opt_in_id, user_id, action, text_version, locale, actor, evidence_sealed)
    values (${id}, ${optIn.id}, ${optIn.userId}, 'given', ${consent.textVersion}, ${consent.locale}, 'user',
      ${await seal.seal(`consent ${id}`, evidence)})`);
}

/** Adds a withdrawal, of the text that was last agreed to. */
export async function logConsentWithdrawn(tx: SqlExecutor, optIn: OptInRecord): Promise<void> {
  await tx.query(sql`
    insert into accounts.consent_log (opt_in_id, user_id, action, text_version, locale, actor)
    select opt_in_id, user_id, 'withdrawn', text_version, locale, 'user' from accounts.consent_log
    where opt_in_id = ${optIn.id}::uuid and action = 'given' order by at desc limit 1`);
}
