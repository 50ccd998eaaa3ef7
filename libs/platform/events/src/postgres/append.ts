import { sql, type Sql } from '@causeway/postgres';
import type { EncodedEvent } from '../envelope/records.js';

/** The channel on which appends are told: `topic partition`, nothing else. */
export const appendChannel = 'eventlog';

/**
 * One statement that appends a batch: locks the partitions' heads in one order (so that two batches cannot block each
 * other), takes their offsets, inserts, and tells the channel. The lock lasts to the end of the transaction.
 */
export function appendStatement(batch: readonly EncodedEvent[]): Sql {
  const column = <V>(pick: (event: EncodedEvent) => V): V[] => batch.map(pick);
  return sql`
    with input as (
      select * from unnest(
        ${column((event) => event.topic)}::text[],
        ${column((event) => event.partition)}::integer[],
        ${column((event) => event.key)}::text[],
        ${column((event) => JSON.stringify(event.headers))}::text[],
        ${column((event) => event.payload)}::text[]
      ) with ordinality as i (topic, partition, key, headers, payload, position)
    ), counts as (
      select topic, partition, count(*) as events from input group by topic, partition
    ), locked as materialized (
      select h.topic, h.partition, c.events
      from eventlog.heads h join counts c using (topic, partition)
      order by h.topic, h.partition
      for update of h
    ), advanced as (
      update eventlog.heads h set next_offset = h.next_offset + l.events
      from locked l where h.topic = l.topic and h.partition = l.partition
      returning h.topic, h.partition, h.next_offset - l.events as first
    ), inserted as (
      insert into eventlog.events (topic, partition, "offset", key, headers, payload)
      select i.topic, i.partition,
             a.first + row_number() over (partition by i.topic, i.partition order by i.position) - 1,
             i.key, i.headers::jsonb, i.payload
      from input i join advanced a using (topic, partition)
      returning 1
    )
    select (select count(*) from inserted)::integer as appended,
           pg_notify(${appendChannel}, topic || ' ' || partition)
    from advanced`;
}
