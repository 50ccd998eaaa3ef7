import { sql, type Sql, type SqlExecutor } from '@causeway/postgres';
import type { Headers } from '../envelope/records.js';
import { laneOf, redactedHeaders, type LetterFilter, type LetterState, type WholeLetter } from './letter.js';

interface Row {
  readonly id: string;
  readonly topic: string;
  readonly consumer_group: string;
  readonly code: string;
  readonly state: LetterState;
  readonly lane: string;
  readonly partition: number;
  readonly event_offset: string;
  readonly parked_at: Date;
  readonly rounds: number;
  readonly headers: string;
  readonly payload: Buffer | null;
}

/** Letters with the same topic, group, code and state. */
export interface LetterGroup {
  readonly topic: string;
  readonly group: string;
  readonly code: string;
  readonly state: LetterState;
  readonly letters: number;
  readonly lanes: number;
  /** Age of the oldest, seconds. */
  readonly oldestSeconds: number;
}

const laneSql = sql`left(encode(sha256(convert_to(lane, 'UTF8')), 'hex'), 16)`;

/** The parked events of every service, as an administrator sees them. */
export class ParkedLetters {
  private constructor(
    private readonly postgres: SqlExecutor,
    readonly schemas: readonly string[],
  ) {}

  static async open(postgres: SqlExecutor): Promise<ParkedLetters> {
    const rows = await postgres.query<{ schema: string }>(sql`
      select table_schema as schema from information_schema.tables where table_name = 'parked_events' order by 1`);
    return new ParkedLetters(
      postgres,
      rows.map(({ schema }) => schema),
    );
  }

  async groups(filter: LetterFilter): Promise<LetterGroup[]> {
    if (this.schemas.length === 0) return [];
    return this.postgres.query<LetterGroup & Record<string, unknown>>(sql`
      select topic, consumer_group as "group", code, state, count(*)::integer as letters,
             count(distinct (partition, lane))::integer as lanes,
             extract(epoch from now() - min(parked_at))::integer as "oldestSeconds"
      from (${this.#all()}) as p where ${where(filter)} group by 1, 2, 3, 4 order by 1, 2, 3, 4`);
  }

  /** Oldest first, in the order of each lane. */
  async letters(filter: LetterFilter, limit: number): Promise<WholeLetter[]> {
    if (this.schemas.length === 0) return [];
    const rows = await this.postgres.query<Row & Record<string, unknown>>(sql`
      select * from (${this.#all()}) as p where ${where(filter)} order by parked_at, seq limit ${limit}`);
    return rows.map(letterOf);
  }

  async find(id: string): Promise<WholeLetter | undefined> {
    if (this.schemas.length === 0) return undefined;
    const [row] = await this.postgres.query<Row & Record<string, unknown>>(
      sql`select * from (${this.#all()}) as p where id = ${id}::uuid`,
    );
    return row === undefined ? undefined : letterOf(row);
  }

  /** Takes an event out of its lane. @returns false when it has gone meanwhile */
  async remove(tx: SqlExecutor, { id }: WholeLetter): Promise<boolean> {
    let removed = 0;
    for (const schema of this.schemas) {
      const rows = await tx.query(
        sql`delete from ${sql.ident(schema, 'parked_events')} where id = ${id}::uuid returning 1`,
      );
      removed += rows.length;
    }
    return removed > 0;
  }

  /**
   * Makes the first event of lanes due at once, with all its delayed tries before it; the owner goes on with the rest
   * of the lane in order. @returns the first events, oldest first
   */
  async wake(tx: SqlExecutor, filter: LetterFilter, limit: number): Promise<WholeLetter[]> {
    if (this.schemas.length === 0) return [];
    const rows = await tx.query<Row & Record<string, unknown>>(sql`
      select * from (
        select distinct on (consumer_group, topic, partition, lane) * from (${this.#all()}) as p
        order by consumer_group, topic, partition, lane, seq
      ) as p where ${where(filter)} order by parked_at, seq limit ${limit}`);
    const ids = rows.map(({ id }) => id);
    for (const schema of this.schemas) {
      await tx.query(sql`
        update ${sql.ident(schema, 'parked_events')} set state = 'waiting', rounds = 0, due_at = now()
        where id = any(${ids}::uuid[])`);
    }
    return rows.map(letterOf);
  }

  #all(): Sql {
    return sql.join(
      this.schemas.map((schema) => sql`select * from ${sql.ident(schema, 'parked_events')}`),
      ' union all ',
    );
  }
}

function where({ topic, group, code, lane }: LetterFilter): Sql {
  const conditions = [
    ...(topic === undefined ? [] : [sql`topic = ${topic}`]),
    ...(group === undefined ? [] : [sql`consumer_group = ${group}`]),
    ...(code === undefined ? [] : [sql`code = ${code}`]),
    ...(lane === undefined ? [] : [sql`${laneSql} = ${lane}`]),
  ];
  return conditions.length === 0 ? sql`true` : sql.join(conditions, ' and ');
}

function letterOf(row: Row): WholeLetter {
  const allHeaders = JSON.parse(row.headers) as Headers;
  return {
    id: row.id,
    topic: row.topic,
    group: row.consumer_group,
    code: row.code,
    state: row.state,
    lane: laneOf(row.lane),
    partition: row.partition,
    offset: row.event_offset,
    at: row.parked_at.toISOString(),
    rounds: row.rounds,
    hasPayload: row.payload !== null,
    headers: redactedHeaders(allHeaders),
    key: row.lane,
    allHeaders,
    payload: row.payload?.toString('utf8'),
  };
}
