import { randomUUID } from 'node:crypto';
import { accountsErrors } from '@causeway/contracts/accounts';
import { PostgresError, sql, type SqlExecutor } from '@causeway/postgres';
import { refusal } from '../refusal.js';
import type { UserSeal } from '../users/user-seal.js';
import type { IdentifierHash } from './identifier-hash.js';
import type { ProvenIdentifier } from './proof.js';

/** @returns under what an identifier's value is sealed. */
export function identifierContext(identifierId: string): string {
  return `identifier ${identifierId}`;
}

/** Table `accounts.identifiers`. */
export class Identifiers {
  constructor(private readonly hash: IdentifierHash) {}

  /**
   * Keeps a proven identifier for a user: one that she has is found again.
   * @returns the identifier's id
   * @throws {AppError} `identifier_in_use` when it is another user's
   */
  async keep(tx: SqlExecutor, userId: string, seal: UserSeal, proven: ProvenIdentifier): Promise<string> {
    const hmac = this.hash.of(proven.value);
    const [known] = await tx.query<{ id: string; user_id: string }>(
      sql`select id, user_id from accounts.identifiers where value_hmac = ${hmac} and removed_at is null`,
    );
    if (known !== undefined) {
      if (known.user_id !== userId) throw refusal(accountsErrors.identifier_in_use);
      return known.id;
    }
    const id = randomUUID();
    const sealed = await seal.seal(identifierContext(id), proven.value);
    try {
      await tx.query(sql`
        insert into accounts.identifiers (id, user_id, kind, value_sealed, value_hmac, proven_at, method)
        values (${id}, ${userId}, ${proven.kind}, ${sealed}, ${hmac}, now(), ${proven.method})`);
    } catch (error) {
      // Another user's transaction was faster between our look and our insert.
      const taken = error instanceof PostgresError && error.code === 'unique_violation';
      throw taken ? refusal(accountsErrors.identifier_in_use, { cause: error }) : error;
    }
    return id;
  }

  /** @returns whether the identifier of that id is the proven one. */
  async is(tx: SqlExecutor, identifierId: string, proven: ProvenIdentifier): Promise<boolean> {
    const rows = await tx.query(sql`
      select 1 from accounts.identifiers
      where id = ${identifierId}::uuid and value_hmac = ${this.hash.of(proven.value)} and removed_at is null`);
    return rows.length > 0;
  }
}

/** Empties an identifier under which its user is at no gatekeeper any more. Needs the user's lock. */
export async function forgetUnused(tx: SqlExecutor, identifierId: string): Promise<void> {
  await tx.query(sql`
    update accounts.identifiers set removed_at = now(), value_sealed = ''::bytea, value_hmac = ''::bytea
    where id = ${identifierId}::uuid and removed_at is null and not exists (
      select 1 from accounts.opt_ins
      where identifier_id = ${identifierId}::uuid and state not in ('deleted', 'lapsed'))`);
}
