import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { sql, type Postgres } from '@causeway/postgres';
import type { Counter, Logger } from '@causeway/telemetry';
import { isNotFenced } from './partition-fence.js';
import type { SessionState } from '../sessions/session-state.js';

/** A row that nobody has written for so long may be of a consumer group that was made anew, and counts from one again. */
const STALE_DAYS = 7;

interface Pending {
  readonly partition: number;
  readonly generation: number;
  readonly state: SessionState;
  readonly openedAt?: Date | undefined;
  readonly closedAt?: Date | undefined;
  readonly code?: string | undefined;
}

export interface SessionRowsOptions {
  readonly postgres: Postgres;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The generation in which this pod was given a partition; undefined when it has it no more. */
  readonly generationOf: (partition: number) => number | undefined;
  readonly writes: Counter;
}

/**
 * Table `session.sessions`: what became of each session, for operators. Each row carries the generation in which its
 * writer owned the partition; a write of an earlier owner changes nothing. Changes are written together, a moment after
 * they came, and a pod that dies forgets the last ones.
 */
export class SessionRows {
  #pending = new Map<string, Pending>();
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: SessionRowsOptions) {}

  /** A session came into a state. @param code why it left the last one, if that was an end */
  changed(sessionKey: string, partition: number, state: SessionState, code?: string): void {
    const generation = this.options.generationOf(partition);
    if (generation === undefined) return;
    const at = new Date(this.options.clock.now());
    const before = this.#pending.get(sessionKey);
    const full = before === undefined && this.#pending.size >= limits.upstreamSessionsPerPod.value;
    if (full) return this.options.writes.inc({ outcome: 'dropped' });
    this.#pending.set(sessionKey, {
      partition,
      generation,
      state,
      openedAt: state === 'open' ? at : before?.openedAt,
      closedAt: state === 'open' ? undefined : at,
      code: code ?? before?.code,
    });
    this.#timer ??= this.options.clock.setTimeout(() => void this.flush(), limits.sessionRowsFlushMs.value);
  }

  /** Forgets a session whose account is gone. @throws {PostgresError} */
  async forget(sessionKey: string): Promise<void> {
    this.#pending.delete(sessionKey);
    await this.options.postgres.query(sql`delete from session.sessions where session_key = ${sessionKey}`);
  }

  /** Writes what is pending. Never throws: what cannot be written is counted, and the next change writes it. */
  flush(): Promise<void> {
    if (this.#timer !== undefined) this.options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = this.#pending;
    this.#pending = new Map();
    return (this.#writing = this.#writing.then(() => this.#write([...pending])));
  }

  async #write(pending: readonly [string, Pending][]): Promise<void> {
    const { writes, logger } = this.options;
    for (let start = 0; start < pending.length; start += limits.sessionRowsItems.value) {
      const rows = pending.slice(start, start + limits.sessionRowsItems.value);
      try {
        const written = await this.#upsert(rows);
        writes.inc({ outcome: 'written' }, written);
        if (written < rows.length) writes.inc({ outcome: 'stale' }, rows.length - written);
      } catch (error) {
        writes.inc({ outcome: 'failed' }, rows.length);
        logger.warn({ err: error }, 'states of sessions could not be written');
      }
    }
  }

  /** A row is made when its session opens, and by nothing else: what was erased meanwhile stays away. */
  async #upsert(rows: readonly [string, Pending][]): Promise<number> {
    const column = <T>(of: (row: Pending) => T) => rows.map(([, row]) => of(row));
    const written = await this.options.postgres.query(sql`
      with new as (
        select * from unnest(${rows.map(([key]) => key)}::text[], ${column(({ state }) => state)}::text[],
          ${column(({ partition }) => partition)}::int[], ${column(({ generation }) => generation)}::bigint[],
          ${column(({ openedAt }) => openedAt ?? null)}::timestamptz[],
          ${column(({ closedAt }) => closedAt ?? null)}::timestamptz[],
          ${column(({ code }) => code ?? null)}::text[])
          as t (session_key, state, partition, generation, opened_at, closed_at, code)
        where ${isNotFenced(sql`t.partition`, sql`t.generation`)}
      ), updated as (
        update session.sessions old set state = new.state, partition = new.partition,
          generation = new.generation, last_opened_at = coalesce(new.opened_at, old.last_opened_at),
          last_closed_at = coalesce(new.closed_at, old.last_closed_at),
          last_error_code = coalesce(new.code, old.last_error_code)
        from new where old.session_key = new.session_key and (old.generation <= new.generation
          or greatest(old.last_opened_at, old.last_closed_at) < now() - make_interval(days => ${STALE_DAYS}))
        returning old.session_key
      ), inserted as (
        insert into session.sessions
          (session_key, state, partition, generation, last_opened_at, last_closed_at, last_error_code)
        select * from new where opened_at is not null
        on conflict (session_key) do nothing returning session_key
      )
      select session_key from updated union all select session_key from inserted`);
    return written.length;
  }
}
