import { sql, type SqlExecutor } from '@causeway/postgres';
import type { RawEvent } from '../envelope/records.js';

interface Row {
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly payload: string | null;
}

/** Where to read from in one partition. */
export interface ReadPosition {
  readonly partition: number;
  readonly offset: bigint;
}

/** The next events of each of the partitions, at most `limit` of each. */
export async function readEvents(
  postgres: SqlExecutor,
  topic: string,
  positions: readonly ReadPosition[],
  limit: number,
): Promise<RawEvent[]> {
  const rows = await postgres.query<Row>(sql`
    select e.partition, e."offset", e.key, e.headers, e.payload
    from unnest(${positions.map((p) => p.partition)}::integer[], ${positions.map((p) => p.offset.toString())}::bigint[])
           as p (partition, position)
    cross join lateral (
      select * from eventlog.events
      where topic = ${topic} and partition = p.partition and "offset" >= p.position
      order by "offset" limit ${limit}
    ) e
    order by e.partition, e."offset"`);
  return rows.map(rawEventOf);
}

/** What lies in a topic now, oldest first, at most `limit` events. */
export async function readTopic(postgres: SqlExecutor, topic: string, limit: number): Promise<RawEvent[]> {
  const rows = await postgres.query<Row>(sql`
    select partition, "offset", key, headers, payload from eventlog.events
    where topic = ${topic} order by created_at, partition, "offset" limit ${limit}`);
  return rows.map(rawEventOf);
}

function rawEventOf({ partition, offset, key, headers, payload }: Row): RawEvent {
  return { partition, offset: BigInt(offset), key, headers, payload: payload ?? undefined };
}

/** The next offset of each partition of these topics: what a reader compares its positions with. */
export async function readHeads(
  postgres: SqlExecutor,
  topics: readonly string[],
): Promise<{ readonly topic: string; readonly partition: number; readonly next: bigint }[]> {
  const rows = await postgres.query<{ topic: string; partition: number; next_offset: string }>(
    sql`select topic, partition, next_offset from eventlog.heads where topic = any(${[...topics]}::text[])`,
  );
  return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, next: BigInt(next_offset) }));
}

/** The next offset of each partition of a topic. */
export async function readEnds(postgres: SqlExecutor, topic: string): Promise<ReadonlyMap<number, bigint>> {
  const heads = await readHeads(postgres, [topic]);
  return new Map(heads.map(({ partition, next }) => [partition, next]));
}

/** How many events each of these topics has ever had: a poll that costs one row per topic. */
export async function readTotals(
  postgres: SqlExecutor,
  topics: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await postgres.query<{ topic: string; total: string }>(
    sql`select topic, sum(next_offset)::text as total from eventlog.heads
        where topic = any(${[...topics]}::text[]) group by topic`,
  );
  return new Map(rows.map(({ topic, total }) => [topic, total]));
}
