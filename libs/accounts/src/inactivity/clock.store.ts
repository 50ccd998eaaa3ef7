import { sql, type SqlExecutor } from '@causeway/postgres';

/** An opt-in at which the clock must look. */
export interface DueOptIn {
  readonly optInId: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly gatekeeper: string;
}

/** What the clock knows of an opt-in. */
export interface ClockReading {
  /** The day from which its absence counts. */
  readonly awaySince: string;
  readonly reminders: number;
  /** Whether its device can still be woken. */
  readonly hasDevice: boolean;
}

/** A device that connected on a day, and from when on it is away for too long. */
export interface ConnectDay {
  readonly deviceId: string;
  readonly gatekeeper: string;
  readonly day: string;
  readonly dueOn: string;
}

/** @returns opt-ins that the clock must look at today, the longest overdue first. */
export async function findDue(
  executor: SqlExecutor,
  today: string,
  gatekeepers: readonly string[],
  items: number,
): Promise<readonly DueOptIn[]> {
  const rows = await executor.query<{
    id: string;
    user_id: string;
    device_id: string;
    gatekeeper: string;
  }>(sql`
    select o.id, o.user_id, o.device_id, o.gatekeeper
    from accounts.enlistments e join accounts.opt_ins o on o.id = e.opt_in_id
    where e.clock_due_on <= ${today}::date and o.gatekeeper = any(${[...gatekeepers]}::text[])
    order by e.clock_due_on limit ${items}`);
  return rows.map((row) => ({
    optInId: row.id,
    userId: row.user_id,
    deviceId: row.device_id,
    gatekeeper: row.gatekeeper,
  }));
}

/** @returns undefined when somebody else has looked today. Needs the user's lock. */
export async function readClock(
  tx: SqlExecutor,
  optInId: string,
  today: string,
): Promise<ClockReading | undefined> {
  const [row] = await tx.query<{ away_since: string; reminders: number; has_device: boolean }>(sql`
    select greatest(e.last_connected_on, (e.deletion_requested_at at time zone 'UTC')::date)::text as away_since,
      e.reminders, d.removed_at is null as has_device
    from accounts.enlistments e join accounts.opt_ins o on o.id = e.opt_in_id
    join accounts.devices d on d.id = o.device_id
    where e.opt_in_id = ${optInId}::uuid and e.clock_due_on <= ${today}::date`);
  return row && { awaySince: row.away_since ?? today, reminders: row.reminders, hasDevice: row.has_device };
}

/** @param dueOn when to look again; undefined for never */
export async function setClock(
  tx: SqlExecutor,
  optInId: string,
  reminders: number,
  dueOn: string | undefined,
): Promise<void> {
  await tx.query(sql`
    update accounts.enlistments set reminders = ${reminders}, clock_due_on = ${dueOn ?? null}::date
    where opt_in_id = ${optInId}::uuid`);
}

/** The device is connected today, by what is seen of it. */
export async function touch(tx: SqlExecutor, optInId: string, today: string, dueOn: string): Promise<void> {
  await tx.query(sql`
    update accounts.enlistments set last_connected_on = ${today}::date, reminders = 0, clock_due_on = ${dueOn}::date
    where opt_in_id = ${optInId}::uuid`);
}

/**
 * Writes down on which day devices last connected, where that is news. One that was about to lapse is due at once.
 * @returns whether there is such a one
 */
export async function noteConnects(executor: SqlExecutor, connects: readonly ConnectDay[]): Promise<boolean> {
  const column = (name: keyof ConnectDay) => connects.map((connect) => connect[name]);
  const rows = await executor.query<{ state: string }>(sql`
    update accounts.enlistments e set last_connected_on = n.day, reminders = 0,
      clock_due_on = case when o.state = 'lapsing' then n.day else n.due_on end
    from unnest(${column('deviceId')}::uuid[], ${column('gatekeeper')}::text[], ${column('day')}::date[],
      ${column('dueOn')}::date[]) as n(device_id, gatekeeper, day, due_on)
    join accounts.opt_ins o on o.device_id = n.device_id and o.gatekeeper = n.gatekeeper
      and o.state in ('enlisted', 'lapsing')
    where e.opt_in_id = o.id and (e.last_connected_on is null or e.last_connected_on < n.day or e.reminders > 0)
    returning o.state`);
  return rows.some(({ state }) => state === 'lapsing');
}

/** A gatekeeper's deletions that are not confirmed. */
export interface PendingDeletions {
  readonly gatekeeper: string;
  readonly count: number;
  /** Of the oldest, seconds. */
  readonly ageSeconds: number;
}

export async function pendingDeletions(
  executor: SqlExecutor,
  nowMs: number,
): Promise<readonly PendingDeletions[]> {
  const rows = await executor.query<{ gatekeeper: string; count: string; since: Date | null }>(sql`
    select o.gatekeeper, count(*) as count, min(e.deletion_requested_at) as since
    from accounts.opt_ins o join accounts.enlistments e on e.opt_in_id = o.id
    where o.state = 'deleting' group by o.gatekeeper`);
  return rows.map(({ gatekeeper, count, since }) => ({
    gatekeeper,
    count: Number(count),
    ageSeconds: since === null ? 0 : Math.max(0, (nowMs - since.getTime()) / 1_000),
  }));
}
