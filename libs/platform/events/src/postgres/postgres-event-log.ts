import { PostgresError, sql, type Postgres } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import { pause } from '../consuming/retry.js';
import type { EncodedEvent, RawEvent } from '../envelope/records.js';
import { EventBusError } from '../errors.js';
import type { EventLog, JoinRequest, Member } from '../event-log.js';
import { retentionFault, type TopicState } from '../topic-faults.js';
import type { TopicSpec } from '../topic.js';
import { appendStatement } from './append.js';
import { BroadcastMember } from './broadcast-member.js';
import { Heartbeat } from './heartbeat.js';
import { LogTail } from './log-tail.js';
import { readTopic } from './read.js';
import { sweepRetention } from './retention.js';
import { SharedMember } from './shared-member.js';

const sweepMs = 60_000;
const joinRetryMs = 1_000;

/** The log in PostgreSQL. Does not close the database it was given. */
export class PostgresEventLog implements EventLog {
  private readonly tail: LogTail;
  private readonly heartbeat: Heartbeat;
  private readonly sweeping: NodeJS.Timeout;

  constructor(
    private readonly postgres: Postgres,
    private readonly partitions: number,
    private readonly logger: Logger,
  ) {
    this.tail = new LogTail(postgres, logger);
    this.heartbeat = new Heartbeat(postgres, logger);
    this.sweeping = setInterval(() => void this.sweep(), sweepMs);
    this.sweeping.unref();
  }

  async ensureTopic({ name, retentionMs }: TopicSpec): Promise<number> {
    return this.postgres.transaction(async (tx) => {
      await tx.query(sql`
        insert into eventlog.topics (name, partitions, retention_ms)
        values (${name}, ${this.partitions}, ${retentionMs}) on conflict (name) do nothing`);
      const [topic] = await tx.query<{ partitions: number }>(
        sql`select partitions from eventlog.topics where name = ${name}`,
      );
      const partitions = topic?.partitions ?? this.partitions;
      await tx.query(sql`
        insert into eventlog.heads (topic, partition)
        select ${name}, p from generate_series(0, ${partitions - 1}::integer) as p on conflict do nothing`);
      return partitions;
    });
  }

  async examine(specs: readonly TopicSpec[]): Promise<ReadonlyMap<string, TopicState>> {
    const rows = await this.postgres.query<{ name: string; partitions: number; retention_ms: string }>(sql`
      select name, partitions, retention_ms from eventlog.topics
      where name = any(${specs.map(({ name }) => name)}::text[])`);
    const found = new Map(rows.map((row) => [row.name, row]));
    return new Map(
      specs.flatMap(({ name, retentionMs }): [string, TopicState][] => {
        const row = found.get(name);
        if (row === undefined) return [];
        const faults = retentionFault(Number(row.retention_ms), retentionMs);
        return [[name, { partitions: row.partitions, faults }]];
      }),
    );
  }

  async append(batch: readonly EncodedEvent[]): Promise<void> {
    let appended: number | undefined;
    try {
      const rows = await this.postgres.query<{ appended: number }>(appendStatement(batch));
      appended = rows[0]?.appended;
    } catch (error) {
      if (error instanceof PostgresError && isFinal(error)) {
        throw new EventBusError('publish_refused', `the event log refused a batch (${error.code})`);
      }
      throw error;
    }
    if (appended !== batch.length)
      throw new EventBusError('publish_refused', 'the event log has no such partition');
  }

  readAll(topic: string, limit: number): Promise<RawEvent[]> {
    return readTopic(this.postgres, topic, limit);
  }

  async join<T>(request: JoinRequest<T>): Promise<Member> {
    for (;;) {
      const member = this.memberOf(request);
      try {
        await member.join();
        return member;
      } catch (err) {
        this.logger.warn({ err }, 'event group could not be joined, trying again');
        await member.close();
      }
      await pause(joinRetryMs, request.signal);
      if (request.signal.aborted) throw new EventBusError('bus_closed', 'the event bus is closed');
    }
  }

  private memberOf<T>(request: JoinRequest<T>) {
    const { postgres, tail, heartbeat, logger } = this;
    if (request.mode === 'broadcast') return new BroadcastMember(postgres, tail, request, logger);
    return new SharedMember(postgres, tail, heartbeat, request, logger);
  }

  async close(): Promise<void> {
    clearInterval(this.sweeping);
    await this.tail.close();
  }

  private async sweep(): Promise<void> {
    await sweepRetention(this.postgres).catch((err: unknown) =>
      this.logger.warn({ err }, 'old events could not be removed'),
    );
  }
}

/** Refused because of what the batch is, not because of how the database is. */
function isFinal(error: PostgresError): boolean {
  return error.code === 'query_failed' || error.code.endsWith('_violation');
}
