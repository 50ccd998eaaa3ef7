import { sql, type SqlExecutor } from '@causeway/postgres';

/** One session as an operator sees it: its key is random and says nothing about anybody. */
export interface ListedSession {
  readonly sessionKey: string;
  readonly state: string;
  readonly partition: number;
  readonly lastOpenedAt: Date | undefined;
  readonly lastClosedAt: Date | undefined;
  /** Why it ended the last time. */
  readonly code: string | undefined;
  /** The gatekeeper wants no login before. */
  readonly notBefore: Date | undefined;
}

export interface SessionFilter {
  readonly gatekeeper?: string | undefined;
  readonly state?: string | undefined;
}

interface Row {
  readonly session_key: string;
  readonly state: string;
  readonly partition: number;
  readonly last_opened_at: Date | null;
  readonly last_closed_at: Date | null;
  readonly last_error_code: string | null;
  readonly not_before: Date | null;
}

/**
 * Sessions as their owners wrote them down last, a second or two ago: those that opened last come first.
 * @param most rows
 * @returns the sessions, and how many there are of each state whatever the filter says of states
 * @throws {PostgresError}
 */
export async function listSessions(
  db: SqlExecutor,
  { gatekeeper, state }: SessionFilter,
  most: number,
): Promise<{ sessions: ListedSession[]; states: Record<string, number> }> {
  const of = gatekeeper === undefined ? sql`true` : sql`split_part(session_key, '.', 2) = ${gatekeeper}`;
  const inState = state === undefined ? sql`true` : sql`state = ${state}`;
  const rows = await db.query<Row>(sql`
    select session_key, state, partition, last_opened_at, last_closed_at, last_error_code,
      (select until from session.rests r
       where r.session_key = s.session_key and r.kind = 'login' and r.until > now()) as not_before
    from session.sessions s where ${of} and ${inState} order by last_opened_at desc nulls last limit ${most}`);
  const counts = await db.query<{ state: string; count: string }>(sql`
    select state, count(*) from session.sessions where ${of} group by state order by state`);
  return {
    sessions: rows.map((row) => ({
      sessionKey: row.session_key,
      state: row.state,
      partition: row.partition,
      lastOpenedAt: row.last_opened_at ?? undefined,
      lastClosedAt: row.last_closed_at ?? undefined,
      code: row.last_error_code ?? undefined,
      notBefore: row.not_before ?? undefined,
    })),
    states: Object.fromEntries(counts.map(({ state: name, count }) => [name, Number(count)])),
  };
}
