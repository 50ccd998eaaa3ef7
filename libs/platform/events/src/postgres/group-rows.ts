import { lockInTransaction, sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import type { Position } from '../consuming/partition-set.js';
import { groupChannel } from './log-tail.js';

/** One member of a group on a topic. */
export interface MemberId {
  readonly group: string;
  readonly topic: string;
  readonly member: string;
}

/** A partition of the group and who has it. */
interface Lease {
  readonly partition: number;
  readonly member: string | null;
  readonly offset: bigint;
}

/** What a member has after a rebalance, and what it must give back to others. */
export interface Share {
  readonly generation: number;
  readonly owned: readonly { readonly partition: number; readonly offset: bigint }[];
  readonly excess: readonly number[];
}

/** A membership that is not renewed for this long is over. */
export const leaseMs = 6_000;

/**
 * Ends every membership, for a process that knows itself to be the only one: members of one that was killed would hold
 * their partitions until they lapse. A member that lives after all joins again with its next heartbeat.
 */
export async function forgetMembers(postgres: SqlExecutor): Promise<void> {
  await postgres.query(sql`delete from eventlog.members`);
}

/**
 * Renews memberships. One that ends later than any could was granted before the server's clock was set back: it gets a
 * lease from now, or a member that died would keep its partitions until the clock is there again.
 * @returns the members whose group needs a rebalance: their own membership had lapsed, or another one of the group has
 */
export async function renewMemberships(
  postgres: SqlExecutor,
  ids: readonly MemberId[],
): Promise<ReadonlySet<string>> {
  const changed = await postgres.query<{ member_id: string }>(sql`
    with mine as (
      select * from unnest(${ids.map((id) => id.group)}::text[], ${ids.map((id) => id.topic)}::text[],
                           ${ids.map((id) => id.member)}::uuid[]) as m (group_id, topic, member_id)
    ), beat as (
      update eventlog.members e set expires_at = now() + ${leaseMs} * interval '1 ms'
      from mine m
      where e.group_id = m.group_id and e.topic = m.topic and e.member_id = m.member_id and e.expires_at > now()
      returning e.member_id
    ), bounded as (
      update eventlog.members set expires_at = now() + ${leaseMs} * interval '1 ms'
      where (group_id, topic) in (select group_id, topic from mine)
        and member_id not in (select member_id from mine)
        and expires_at > now() + ${leaseMs * 2} * interval '1 ms'
    )
    select member_id from mine m
    where not exists (select from beat b where b.member_id = m.member_id)
       or exists (select from eventlog.members e
                  where e.group_id = m.group_id and e.topic = m.topic and e.expires_at <= now())`);
  return new Set(changed.map((row) => row.member_id));
}

/** Joins or stays, drops members that lapsed, and takes free partitions up to a fair share. */
export async function rebalance(postgres: Postgres, id: MemberId, partitions: number): Promise<Share> {
  return postgres.transaction(async (tx) => {
    await lockInTransaction(tx, `eventlog:${id.group}:${id.topic}`);
    const { members, changed } = await refreshMembers(tx, id);
    const leases = await leasesOf(tx, id, partitions);
    const alive = new Set(members);
    const mine = leases.filter((lease) => lease.member === id.member);
    const free = leases.filter((lease) => lease.member === null || !alive.has(lease.member));
    const share = fairShare(partitions, members, id.member);
    const claimed = free.slice(0, Math.max(0, share - mine.length));
    const generation = await nextGeneration(tx, id, changed || claimed.length > 0);
    await tx.query(sql`
      update eventlog.leases set member_id = ${id.member}::uuid, generation = ${generation}
      where group_id = ${id.group} and topic = ${id.topic}
        and partition = any(${claimed.map((lease) => lease.partition)}::integer[])`);
    return {
      generation,
      owned: [...mine, ...claimed],
      excess: mine.slice(share).map((lease) => lease.partition),
    };
  });
}

/** Gives partitions to whoever wants them next. */
export async function releasePartitions(
  postgres: SqlExecutor,
  id: MemberId,
  partitions: readonly number[],
): Promise<void> {
  await postgres.query(sql`
    with released as (
      update eventlog.leases set member_id = null
      where group_id = ${id.group} and topic = ${id.topic} and member_id = ${id.member}::uuid
        and partition = any(${[...partitions]}::integer[])
      returning 1
    )
    select pg_notify(${groupChannel}, ${`${id.group} ${id.topic}`}) from (select count(*) from released) as done`);
}

/** Leaves the group with everything it had. */
export async function leaveGroup(postgres: Postgres, id: MemberId): Promise<void> {
  await postgres.transaction(async (tx) => {
    await tx.query(sql`
      update eventlog.leases set member_id = null
      where group_id = ${id.group} and topic = ${id.topic} and member_id = ${id.member}::uuid`);
    await tx.query(sql`delete from eventlog.members
      where group_id = ${id.group} and topic = ${id.topic} and member_id = ${id.member}::uuid`);
    await tx.query(sql`select pg_notify(${groupChannel}, ${`${id.group} ${id.topic}`})`);
  });
}

/** Stores positions; those of partitions that belong to somebody else by now are not touched. */
export async function commitPositions(
  postgres: SqlExecutor,
  id: MemberId,
  positions: readonly Position[],
): Promise<void> {
  await postgres.query(sql`
    update eventlog.leases l set next_offset = p.next_offset
    from unnest(${positions.map((p) => p.partition)}::integer[], ${positions.map((p) => p.offset.toString())}::bigint[])
           as p (partition, next_offset)
    where l.group_id = ${id.group} and l.topic = ${id.topic} and l.partition = p.partition
      and l.member_id = ${id.member}::uuid and l.next_offset < p.next_offset`);
}

function fairShare(partitions: number, members: readonly string[], member: string): number {
  const rank = members.indexOf(member);
  return Math.floor(partitions / members.length) + (rank < partitions % members.length ? 1 : 0);
}

async function refreshMembers(tx: SqlExecutor, id: MemberId) {
  const lapsed = await tx.query(sql`delete from eventlog.members
    where group_id = ${id.group} and topic = ${id.topic} and expires_at <= now() returning 1`);
  const [joined] = await tx.query<{ fresh: boolean }>(sql`
    insert into eventlog.members (group_id, topic, member_id, expires_at)
    values (${id.group}, ${id.topic}, ${id.member}::uuid, now() + ${leaseMs} * interval '1 ms')
    on conflict (group_id, topic, member_id) do update set expires_at = excluded.expires_at
    returning xmax = 0 as fresh`);
  const rows = await tx.query<{ member_id: string }>(sql`select member_id from eventlog.members
    where group_id = ${id.group} and topic = ${id.topic} order by member_id`);
  return { members: rows.map((row) => row.member_id), changed: lapsed.length > 0 || joined?.fresh === true };
}

async function leasesOf(tx: SqlExecutor, id: MemberId, partitions: number): Promise<Lease[]> {
  await tx.query(sql`
    insert into eventlog.leases (group_id, topic, partition)
    select ${id.group}, ${id.topic}, p from generate_series(0, ${partitions - 1}::integer) as p
    on conflict do nothing`);
  const rows = await tx.query<{ partition: number; member_id: string | null; next_offset: string }>(sql`
    select partition, member_id, next_offset from eventlog.leases
    where group_id = ${id.group} and topic = ${id.topic} order by partition`);
  return rows.map((row) => ({
    partition: row.partition,
    member: row.member_id,
    offset: BigInt(row.next_offset),
  }));
}

async function nextGeneration(tx: SqlExecutor, id: MemberId, changed: boolean): Promise<number> {
  const [row] = await tx.query<{ generation: string }>(sql`
    insert into eventlog.groups (group_id, topic, generation) values (${id.group}, ${id.topic}, 1)
    on conflict (group_id, topic) do update set generation = groups.generation + ${changed ? 1 : 0}
    returning generation`);
  if (changed) await tx.query(sql`select pg_notify(${groupChannel}, ${`${id.group} ${id.topic}`})`);
  return Number(row?.generation ?? 0);
}
