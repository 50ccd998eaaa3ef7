import { checkEvent, type OutgoingEvent, type TopicContract } from '@causeway/events';
import { sql, type SqlExecutor } from '@causeway/postgres';
import { currentTraceparent } from '@causeway/telemetry';

/** The channel that wakes the drainer of a schema. */
export const outboxChannel = (schema: string): string => `outbox_${schema}`;

/**
 * Writes events into `<schema>.outbox` within the caller's transaction; the drainer publishes them after its commit.
 * An id that is given must be a UUID. Throws EventBusError (`event_invalid`, `event_too_large`) and PostgresError.
 */
export async function appendToOutbox<T>(
  tx: SqlExecutor,
  schema: string,
  topic: TopicContract<T>,
  events: readonly OutgoingEvent<T>[],
): Promise<void> {
  if (events.length === 0) return;
  const checked = events.map((event) => checkEvent(topic, event.data));
  const traceparent = currentTraceparent();
  // The drainer is told by the same statement: every one is a wait for whoever holds the transaction open.
  await tx.query(sql`
    with appended as (insert into ${sql.ident(schema, 'outbox')} (id, topic, key, event, traceparent, created_at)
    select coalesce(i.id, gen_random_uuid()), ${topic.name}, i.key, i.event::jsonb, i.traceparent,
           coalesce(i.created_at, now())
    from unnest(
      ${events.map((event) => event.id ?? null)}::uuid[],
      ${checked.map((event) => event.key)}::text[],
      ${checked.map((event) => event.payload)}::text[],
      ${events.map((event) => event.traceparent ?? traceparent ?? null)}::text[],
      ${events.map((event) => event.time ?? null)}::timestamptz[]
    ) with ordinality as i (id, key, event, traceparent, created_at, position)
    order by i.position)
    select pg_notify(${outboxChannel(schema)}, '')`);
}
