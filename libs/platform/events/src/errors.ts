/** What makes a topic unfit: its events would be lost, kept too long, refused, or owned by the wrong member. */
export type TopicFaultCode =
  | 'partitions_differ'
  | 'retention_too_short'
  | 'retention_too_long'
  | 'retention_by_size'
  | 'topic_compacted'
  | 'replication_too_low'
  | 'min_insync_too_low'
  | 'unclean_leader_election'
  | 'message_size_too_small';

/** Why the bus refused or failed. */
export type EventBusErrorCode =
  | TopicFaultCode
  | 'event_invalid'
  | 'event_too_large'
  | 'publish_buffer_full'
  | 'publish_timeout'
  | 'publish_refused'
  | 'topic_unavailable'
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
