import { sql, type SqlExecutor } from '@causeway/postgres';

/** Something that was done to an account. */
export interface AuditEntry {
  readonly userId: string;
  readonly actor: 'user' | 'provider' | 'system';
  /** Which client of the provider's backend. */
  readonly client?: string;
  /** `<what>.<done>`. */
  readonly action: string;
  /** Why, as a word; never anything user-visible. */
  readonly reason?: string;
}

/** Adds an entry, in the transaction of what was done. */
export async function recordAudit(tx: SqlExecutor, entry: AuditEntry): Promise<void> {
  const { userId, actor, client = null, action, reason = null } = entry;
  await tx.query(sql`
    insert into accounts.audit_log (user_id, actor, client, action, reason)
    values (${userId}, ${actor}, ${client}, ${action}, ${reason})`);
}
