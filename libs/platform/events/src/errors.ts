/** Why the bus refused or failed. */
export type EventBusErrorCode =
  | 'event_invalid'
  | 'event_too_large'
  | 'publish_buffer_full'
  | 'publish_timeout'
  | 'publish_refused'
  | 'topic_unavailable'
  | 'partitions_differ'
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
