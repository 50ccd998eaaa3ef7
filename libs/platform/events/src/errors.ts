/** Why the bus refused or failed. */
export type EventBusErrorCode =
  | 'event_invalid'
  | 'event_too_large'
  | 'publish_buffer_full'
  | 'publish_timeout'
  | 'publish_refused'
  | 'topic_unavailable'
  | 'partitions_differ'
  | 'retention_too_short'
  | 'retention_too_long'
  | 'retention_by_size'
  | 'topic_compacted'
  | 'replication_too_low'
  | 'min_insync_too_low'
  | 'unclean_leader_election'
  | 'message_size_too_small'
  | 'acls_refused'
  | 'parking_refused'
  | 'url_invalid'
  | 'bus_closed';

/** The only error that the bus throws. Messages name topics and codes, never keys or payloads. */
export class EventBusError extends Error {
  override readonly name = 'EventBusError';

  constructor(
    readonly code: EventBusErrorCode,
    message: string,
  ) {
    super(message);
  }
}
