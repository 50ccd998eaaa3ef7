import type { OptInRequest } from '@causeway/contracts/accounts';
import { randomUUID } from 'node:crypto';
import { sql, type SqlExecutor } from '@causeway/postgres';
import type { UserSeal } from '../users/user-seal.js';
import type { OptInRecord } from './opt-ins.store.js';
import type { Actor, OptInStep } from './state-machine.js';

/** What a user was shown and agreed to, and how it is known that it was she. */
export interface GivenConsent {
  readonly request: OptInRequest;
  /** Seconds since 1970, when she last proved who she is, if the access token says so. */
  readonly authTime: number | undefined;
}

/** @returns under what the evidence of a consent is sealed. */
export function consentContext(consentId: string): string {
  return `consent ${consentId}`;
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
      ${seal.seal(consentContext(id), evidence)})`);
}

/**
 * Adds a step in the life of an opt-in: of the text that was last agreed to, in the order in which steps are taken also
 * within one transaction.
 */
export async function logStep(
  tx: SqlExecutor,
  optIn: Pick<OptInRecord, 'id'>,
  step: OptInStep,
  actor: Actor,
): Promise<void> {
  await tx.query(sql`
    insert into accounts.consent_log (opt_in_id, user_id, action, text_version, locale, actor, at)
    select opt_in_id, user_id, ${step}, text_version, locale, ${actor}, clock_timestamp() from accounts.consent_log
    where opt_in_id = ${optIn.id}::uuid and action = 'given' order by at desc limit 1`);
}
