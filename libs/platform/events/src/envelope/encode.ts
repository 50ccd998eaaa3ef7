import { randomUUID } from 'node:crypto';
import { limits } from '@causeway/limits';
import { currentTraceparent } from '@causeway/telemetry';
import type { OutgoingEvent } from '../bus.js';
import { EventBusError } from '../errors.js';
import { partitionForKey } from '../partitioning/partition-for-key.js';
import type { TopicContract } from '../topic.js';
import { sizeOf, type EncodedEvent } from './records.js';

/** The event's own `type`, or the topic's name for events without one. */
export function typeOf(topic: { readonly name: string }, data: unknown): string {
  const type: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'type') : undefined;
  return typeof type === 'string' ? type : topic.name;
}

/** Checks an event against its contract and puts it into an envelope. Throws `event_invalid`, `event_too_large`. */
export function encodeEvent<T>(
  topic: TopicContract<T>,
  event: OutgoingEvent<T>,
  options: { readonly source: string; readonly partitions: number },
): EncodedEvent {
  const data = validate(topic, event.data);
  const key = topic.key(data);
  const traceparent = event.traceparent ?? currentTraceparent();
  const headers = {
    ce_specversion: '1.0',
    ce_id: event.id ?? randomUUID(),
    ce_type: typeOf(topic, data),
    ce_source: options.source,
    ce_subject: key,
    ce_time: event.time ?? new Date().toISOString(),
    'content-type': 'application/json',
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  const payload = JSON.stringify(data);
  const bytes = sizeOf(key, headers, payload);
  if (bytes > limits.eventBytes.value) {
    throw new EventBusError(
      'event_too_large',
      `event of ${topic.name} is larger than ${limits.eventBytes.value} bytes`,
    );
  }
  return {
    topic: topic.name,
    partition: partitionForKey(key, options.partitions),
    key,
    headers,
    payload,
    bytes,
  };
}

function validate<T>(topic: TopicContract<T>, data: T): T {
  try {
    return topic.schema.parse(data);
  } catch {
    // The schema's own error quotes values.
    throw new EventBusError('event_invalid', `event does not follow the contract of ${topic.name}`);
  }
}
