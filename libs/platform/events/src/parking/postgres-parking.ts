import { limits } from '@causeway/limits';
import { sql, type Postgres, type Sql, type SqlExecutor } from '@causeway/postgres';
import type { RawEvent } from '../envelope/records.js';
import type { TopicName } from '../topic.js';
import { appendParked, type ParkingConsumer } from './append-parked.js';
import { parkedEventOf, type ParkedEvent, type ParkedRow } from './parked-event.js';

/** A parked lane and its oldest event. */
export interface ParkedLane {
  readonly partition: number;
  readonly lane: string;
  /** The oldest event may be tried now. */
  readonly due: boolean;
  /** Age of the oldest event since it was parked, seconds. */
  readonly age: number;
}

/**
 * Parked events as rows of `<schema>.parked_events`, in the order of their lane. The oldest row of a lane is `waiting`
 * for its next try or `dead` until an operator replays or drops it; the others are `behind` it. Every method throws
 * PostgresError.
 */
export class PostgresParking {
  constructor(
    private readonly postgres: Postgres,
    private readonly schema: string,
  ) {}

  /**
   * Appends an event to its lane; one that is there already stays as it is.
   * @param delayMs until the next try when it is the first of its lane; undefined for an event that no try can help
   * @returns false when the lane holds as many as are allowed
   */
  async append(
    consumer: ParkingConsumer,
    raw: RawEvent,
    code: string,
    delayMs: number | undefined,
  ): Promise<boolean> {
    return this.postgres.transaction((tx) => appendParked(tx, this.schema, consumer, raw, code, delayMs));
  }

  /** Every parked lane of these partitions. */
  async lanes(consumer: ParkingConsumer, partitions: readonly number[]): Promise<ParkedLane[]> {
    return this.postgres.query<ParkedLane & Record<string, unknown>>(sql`
      select distinct on (partition, lane) partition, lane, state <> 'dead' and due_at <= now() as due,
             extract(epoch from now() - parked_at)::float8 as age
      from ${this.#table}
      where consumer_group = ${consumer.group} and topic = ${consumer.topic}
        and partition = any(${[...partitions]}::integer[])
      order by partition, lane, seq`);
  }

  /** The oldest event of a lane; undefined when nothing is parked in it any more. */
  async oldest(consumer: ParkingConsumer, partition: number, lane: string): Promise<ParkedEvent | undefined> {
    const [row] = await this.postgres.query<ParkedRow>(sql`
      select id, partition, event_offset, lane, headers, payload, code, rounds,
             state <> 'dead' and due_at <= now() as due
      from ${this.#table} where ${this.#lane(consumer, partition, lane)} order by seq limit 1`);
    return row === undefined ? undefined : parkedEventOf(row);
  }

  /** It was handled. */
  async remove(id: string): Promise<void> {
    await this.postgres.query(sql`delete from ${this.#table} where id = ${id}::uuid`);
  }

  /** It failed once more: tried again after the delay, or dead without one. */
  async failed(id: string, code: string, delayMs: number | undefined): Promise<void> {
    const state = delayMs === undefined ? 'dead' : 'waiting';
    await this.postgres.query(sql`
      update ${this.#table} set code = ${code}, state = ${state}, rounds = rounds + 1,
             due_at = now() + ${delayMs ?? 0} * interval '1 ms'
      where id = ${id}::uuid`);
  }

  /** Removes what was parked longer ago than the retention, at most `limit`. @returns the codes of what is gone */
  async expire(consumer: ParkingConsumer, partitions: readonly number[], limit: number): Promise<string[]> {
    const rows = await this.postgres.query<{ code: string }>(sql`
      delete from ${this.#table} where ctid = any(array(
        select ctid from ${this.#table}
        where consumer_group = ${consumer.group} and topic = ${consumer.topic}
          and partition = any(${[...partitions]}::integer[])
          and parked_at < now() - ${limits.parkedRetentionMs.value} * interval '1 ms'
        order by seq limit ${limit})) returning code`);
    return rows.map(({ code }) => code);
  }

  get #table(): Sql {
    return sql.ident(this.schema, 'parked_events');
  }

  #lane(consumer: ParkingConsumer, partition: number, lane: string): Sql {
    return sql`consumer_group = ${consumer.group} and topic = ${consumer.topic}
      and partition = ${partition} and lane = ${lane}`;
  }
}

/**
 * Whether events of one of these topics are parked for a key in a service's schema: then what the service knows about it
 * is not up to date.
 * @throws PostgresError
 */
export async function isLaneParked(
  postgres: SqlExecutor,
  schema: string,
  topics: readonly TopicName[],
  key: string,
): Promise<boolean> {
  const rows = await postgres.query(sql`
    select 1 from ${sql.ident(schema, 'parked_events')}
    where lane = ${key} and topic = any(${topics.map(({ name }) => name)}::text[]) limit 1`);
  return rows.length > 0;
}
