import { lockInTransaction, sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import type { Letter } from './letter.js';

export type LetterAction = 'replayed' | 'dropped' | 'revealed';

/** What an operator did to a letter. */
export interface AuditEntry {
  readonly action: LetterAction;
  /** Account of the operating system. */
  readonly actor: string;
  readonly reason?: string | undefined;
}

/**
 * Creates the audit of what operators did, in a schema on which no service has rights; harmless when it is there.
 * @throws {PostgresError}
 */
export async function ensureActions(postgres: Postgres): Promise<void> {
  await postgres.transaction(async (tx) => {
    await lockInTransaction(tx, 'operations:migrate');
    await tx.query(sql`create schema if not exists operations`);
    await tx.query(sql`create table if not exists operations.dead_letter_actions (
      id bigserial primary key,
      at timestamptz not null default now(),
      actor text not null,
      action text not null check (action in ('replayed', 'dropped', 'revealed')),
      letter text not null,
      topic text not null,
      consumer_group text not null,
      code text not null,
      reason text)`);
    await tx.query(
      sql`create index if not exists dead_letter_actions_by_letter on operations.dead_letter_actions (letter)`,
    );
  });
}

export async function recordAction(
  tx: SqlExecutor,
  { id, topic, group, code }: Letter,
  { action, actor, reason }: AuditEntry,
): Promise<void> {
  await tx.query(sql`
    insert into operations.dead_letter_actions (actor, action, letter, topic, consumer_group, code, reason)
    values (${actor}, ${action}, ${id}, ${topic}, ${group}, ${code}, ${reason ?? null})`);
}

/** Those of the letters that were replayed or dropped: what lies in a topic cannot be taken out of it. */
export async function settledLetters(postgres: SqlExecutor, ids: readonly string[]): Promise<Set<string>> {
  const rows = await postgres.query<{ letter: string }>(sql`
    select distinct letter from operations.dead_letter_actions
    where action <> 'revealed' and letter = any(${[...ids]}::text[])`);
  return new Set(rows.map(({ letter }) => letter));
}

/** How often each action was taken, ever. */
export async function countActions(postgres: SqlExecutor): Promise<Readonly<Record<LetterAction, number>>> {
  const rows = await postgres.query<{ action: LetterAction; times: number }>(
    sql`select action, count(*)::integer as times from operations.dead_letter_actions group by action`,
  );
  const counts = Object.fromEntries(rows.map(({ action, times }) => [action, times]));
  return { replayed: 0, dropped: 0, revealed: 0, ...counts };
}
