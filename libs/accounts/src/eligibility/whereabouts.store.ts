import { sql, type SqlExecutor } from '@causeway/postgres';
import type { Presence } from './presence.js';

/** What is known of a user's presence, by the policy of one gatekeeper. */
export interface Whereabouts {
  readonly presence: Presence;
  readonly country: string;
  readonly suspended: boolean;
}

interface Row {
  readonly country: string;
  readonly inside: boolean;
  readonly observed_at: Date;
  readonly since: Date;
  readonly away_since: Date | null;
  readonly suspended_at: Date | null;
}

export async function findWhereabouts(
  executor: SqlExecutor,
  userId: string,
  gatekeeper: string,
): Promise<Whereabouts | undefined> {
  const [row] = await executor.query<Row>(sql`
    select country, inside, observed_at, since, away_since, suspended_at from accounts.whereabouts
    where user_id = ${userId}::uuid and gatekeeper = ${gatekeeper}`);
  if (row === undefined) return undefined;
  const { inside } = row;
  return {
    presence: {
      inside,
      observedAt: row.observed_at.getTime(),
      since: row.since.getTime(),
      awaySince: row.away_since?.getTime(),
    },
    country: row.country,
    suspended: row.suspended_at !== null,
  };
}

export async function saveWhereabouts(
  tx: SqlExecutor,
  userId: string,
  gatekeeper: string,
  seen: { readonly presence: Presence; readonly country: string; readonly source: 'provider' | 'proxy' },
): Promise<void> {
  const { inside, observedAt, since, awaySince } = seen.presence;
  const awayDate = awaySince === undefined ? null : new Date(awaySince);
  await tx.query(sql`
    insert into accounts.whereabouts (user_id, gatekeeper, country, source, observed_at, inside, since, away_since)
    values (${userId}, ${gatekeeper}, ${seen.country}, ${seen.source}, ${new Date(observedAt)}, ${inside},
      ${new Date(since)}, ${awayDate})
    on conflict (user_id, gatekeeper) do update set country = excluded.country, source = excluded.source,
      observed_at = excluded.observed_at, inside = excluded.inside, since = excluded.since,
      away_since = excluded.away_since`);
}

export async function markSuspended(
  tx: SqlExecutor,
  userId: string,
  gatekeeper: string,
  suspended: boolean,
): Promise<void> {
  await tx.query(sql`
    update accounts.whereabouts set suspended_at = case when ${suspended}::boolean then now() end
    where user_id = ${userId}::uuid and gatekeeper = ${gatekeeper}`);
}

/** @returns users who are away since before a time and still exchange messages, the longest away first. */
export async function findOverdue(
  executor: SqlExecutor,
  gatekeeper: string,
  awayBefore: number,
  items: number,
): Promise<readonly string[]> {
  const rows = await executor.query<{ user_id: string }>(sql`
    select w.user_id from accounts.whereabouts w
    join accounts.opt_ins o on o.user_id = w.user_id and o.gatekeeper = w.gatekeeper
    where w.gatekeeper = ${gatekeeper} and w.away_since < ${new Date(awayBefore)}
      and o.state in ('enlisted', 'lapsing') order by w.away_since limit ${items}`);
  return rows.map((row) => row.user_id);
}
