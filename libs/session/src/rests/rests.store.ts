import { limits } from '@causeway/limits';
import { sql, type Postgres } from '@causeway/postgres';
import type { Counter, Logger } from '@causeway/telemetry';
import { isNotFenced, type Owner } from '../ownership/partition-fence.js';
import type { KeptRest, RestKind } from './rests.js';

interface Row {
  readonly session_key: string;
  readonly kind: RestKind;
  readonly code: string;
  readonly key_id: number | null;
  readonly rest_ms: string;
}

export interface RestStoreOptions {
  readonly postgres: Postgres;
  readonly logger: Logger;
  /** In whose name this pod writes for a session; undefined when it has it no more. */
  readonly ownerOf: (sessionKey: string) => Owner | undefined;
  readonly writes: Counter;
}

/**
 * Table `session.rests`. The database alone tells the time: the clocks of pods need not agree. An owner that lost the
 * partition writes nothing.
 */
export class RestStore {
  constructor(private readonly options: RestStoreOptions) {}

  /** Writes at once. Never throws: what cannot be written stands in this pod's memory, and is counted. */
  async write({ sessionKey, kind, code, forMs, keyId }: KeptRest): Promise<void> {
    const { postgres, logger, ownerOf, writes } = this.options;
    const owner = ownerOf(sessionKey);
    if (owner === undefined) return writes.inc({ kind, outcome: 'stale' });
    const mine = isNotFenced(sql`${owner.partition}::int`, sql`${owner.generation}::bigint`);
    try {
      const written = await postgres.query(sql`
        insert into session.rests (session_key, kind, partition, code, key_id, until)
        select ${sessionKey}, ${kind}, ${owner.partition}::int, ${code}, ${keyId ?? null}::int,
          now() + ${forMs}::float8 * interval '1 ms'
        where ${mine}
        on conflict (session_key, kind) do update set partition = excluded.partition, code = excluded.code,
          key_id = excluded.key_id, until = excluded.until
        returning 1`);
      writes.inc({ kind, outcome: written.length === 1 ? 'written' : 'stale' });
    } catch (error) {
      writes.inc({ kind, outcome: 'failed' });
      logger.warn({ err: error, kind }, 'for how long a gatekeeper is left alone could not be written');
    }
  }

  /** @returns what still stands in these partitions, those that end last. Never throws: without it attempts are made. */
  async load(partitions: readonly number[]): Promise<KeptRest[]> {
    try {
      const rows = await this.options.postgres.query<Row>(sql`
        select session_key, kind, code, key_id, extract(epoch from until - now()) * 1000 as rest_ms
        from session.rests where partition = any(${[...partitions]}::int[]) and until > now()
        order by until desc limit ${limits.upstreamSessionsPerPod.value}`);
      return rows.map(restOf).toReversed();
    } catch (error) {
      this.options.logger.warn({ err: error }, 'for how long gatekeepers are left alone could not be read');
      return [];
    }
  }

  /** Forgets a session whose account is gone. @throws {PostgresError} */
  async forget(sessionKey: string): Promise<void> {
    await this.options.postgres.query(sql`delete from session.rests where session_key = ${sessionKey}`);
  }
}

function restOf({ session_key: sessionKey, kind, code, key_id: keyId, rest_ms }: Row): KeptRest {
  const forMs = Math.min(Math.ceil(Number(rest_ms)), limits.upstreamPauseMaxMs.value);
  return { sessionKey, kind, code, forMs, ...(keyId !== null && { keyId }) };
}
