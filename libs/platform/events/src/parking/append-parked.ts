import { limits } from '@causeway/limits';
import { sql, type SqlExecutor } from '@causeway/postgres';
import type { RawEvent } from '../envelope/records.js';

/** Whose events are parked: rows of one subscription never meet those of another. */
export interface ParkingConsumer {
  readonly topic: string;
  readonly group: string;
}

/**
 * Appends an event to its lane in `<schema>.parked_events`; one that is there already stays as it is.
 * @param delayMs until the next try when it is the first of its lane; undefined for an event that no try can help
 * @returns false when the lane holds as many as are allowed
 * @throws {PostgresError}
 */
export async function appendParked(
  tx: SqlExecutor,
  schema: string,
  { topic, group }: ParkingConsumer,
  raw: RawEvent,
  code: string,
  delayMs: number | undefined,
): Promise<boolean> {
  const { partition, key: lane = '', headers, payload } = raw;
  const offset = raw.offset.toString();
  const eventId = headers['ce_id'] ?? '';
  const table = sql.ident(schema, 'parked_events');
  const [there] = await tx.query<{ items: number; known: boolean }>(sql`
    select count(*)::integer as items,
           coalesce(bool_or(event_offset = ${offset}::bigint and event_id = ${eventId}), false) as known
    from ${table}
    where consumer_group = ${group} and topic = ${topic} and partition = ${partition} and lane = ${lane}`);
  if (there?.known === true) return true;
  const items = there?.items ?? 0;
  if (items >= limits.parkedLaneItems.value) return false;
  const state = items > 0 ? 'behind' : delayMs === undefined ? 'dead' : 'waiting';
  const bytes = payload === undefined ? null : Buffer.from(payload);
  await tx.query(sql`
    insert into ${table} (consumer_group, topic, partition, event_offset, lane, event_id, headers, payload,
                          code, state, due_at)
    values (${group}, ${topic}, ${partition}, ${offset}::bigint, ${lane}, ${eventId}, ${JSON.stringify(headers)},
            ${bytes}, ${code}, ${state}, now() + ${state === 'waiting' ? (delayMs ?? 0) : 0} * interval '1 ms')`);
  return true;
}
