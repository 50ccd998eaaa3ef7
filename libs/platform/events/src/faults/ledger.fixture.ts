import { sql, type Postgres } from '@causeway/postgres';
import type { Tracked } from '@causeway/testing/faults';
import type { HandleContext } from '../bus.js';

/** What became of one delivery: its effect, nothing because it was handled before, or a refusal by the fence. */
export type Applied = 'applied' | 'duplicate' | 'stale';

/** An effect as it lies in the ledger. */
export interface Effect extends Tracked {
  readonly member: string;
  readonly generation: number;
  /** Milliseconds since 1970, by the clock of the database. */
  readonly at: number;
}

/** The tables of a consumer that does it right: an inbox, a fence for each partition, and effects in their order. */
export async function createLedger(postgres: Postgres): Promise<void> {
  await postgres.query(sql`create table inbox (id text primary key)`);
  await postgres.query(sql`create table fences (partition integer primary key, generation bigint not null)`);
  await postgres.query(sql`create table effects (position bigserial primary key, id text not null, key text not null,
    seq integer not null, member text not null, generation bigint not null, at timestamptz not null)`);
}

/**
 * One effect in one transaction. The fence refuses a generation older than one that has written to the partition, and
 * its row is locked to the commit, so that positions are in the order of commits.
 */
export async function applyEffect(
  postgres: Postgres,
  { id, key, seq }: Tracked,
  { partition, generation }: Pick<HandleContext, 'partition' | 'generation'>,
  member: string,
): Promise<Applied> {
  return postgres.transaction(async (tx) => {
    const fenced = await tx.query(sql`
      insert into fences (partition, generation) values (${partition}, ${generation})
      on conflict (partition) do update set generation = excluded.generation
      where fences.generation <= excluded.generation returning 1`);
    if (fenced.length === 0) return 'stale';
    const claimed = await tx.query(
      sql`insert into inbox (id) values (${id}) on conflict do nothing returning 1`,
    );
    if (claimed.length === 0) return 'duplicate';
    await tx.query(sql`insert into effects (id, key, seq, member, generation, at)
      values (${id}, ${key}, ${seq}, ${member}, ${generation}, clock_timestamp())`);
    return 'applied';
  });
}

/** The effects since a time (milliseconds since 1970), in the order in which they happened. */
export async function readEffects(postgres: Postgres, since: number): Promise<Effect[]> {
  const rows = await postgres.query<Tracked & { member: string; generation: string; at: Date }>(
    sql`select id, key, seq, member, generation, at from effects
        where at >= to_timestamp(${since / 1_000}) order by position`,
  );
  return rows.map(({ generation, at, ...rest }) => ({
    ...rest,
    generation: Number(generation),
    at: at.getTime(),
  }));
}
