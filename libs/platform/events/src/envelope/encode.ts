import { randomUUID } from 'node:crypto';
import { limits } from '@causeway/limits';
import { currentTraceparent } from '@causeway/telemetry';
import type { OutgoingEvent } from '../bus.js';
import { EventBusError } from '../errors.js';
import { partitionForKey } from '../partitioning/partition-for-key.js';
import type { TopicContract } from '../topic.js';
import { sizeOf, type EncodedEvent } from './records.js';

/** For every header but the subject, which repeats the key. */
const headerRoom = 1_024;

/** The event's own `type`, or the topic's name for events without one. */
export function typeOf(topic: { readonly name: string }, data: unknown): string {
  const type: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'type') : undefined;
  return typeof type === 'string' ? type : topic.name;
}

/** An event that follows its contract, its key and its JSON text. */
export interface CheckedEvent<T> {
  readonly data: T;
  readonly key: string;
  readonly payload: string;
}

/** Checks an event against its contract and the size limit. Throws `event_invalid`, `event_too_large`. */
export function checkEvent<T>(topic: TopicContract<T>, event: T): CheckedEvent<T> {
  const { data, key } = validate(topic, event);
  const payload = JSON.stringify(data);
  if (Buffer.byteLength(payload) + Buffer.byteLength(key) * 2 + headerRoom > limits.eventBytes.value) {
    throw new EventBusError(
      'event_too_large',
      `event of ${topic.name} is larger than ${limits.eventBytes.value} bytes`,
    );
  }
  return { data, key, payload };
}

/** Checks an event and puts it into an envelope. Throws `event_invalid`, `event_too_large`. */
export function encodeEvent<T>(
  topic: TopicContract<T>,
  event: OutgoingEvent<T>,
  options: { readonly source: string; readonly partitions: number },
): EncodedEvent {
  const { data, key, payload } = checkEvent(topic, event.data);
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
  const bytes = sizeOf(key, headers, payload);
  return {
    topic: topic.name,
    partition: partitionForKey(key, options.partitions),
    key,
    headers,
    payload,
    bytes,
  };
}

function validate<T>(topic: TopicContract<T>, event: T): { data: T; key: string } {
  try {
    const data = topic.schema.parse(event);
    const key = topic.key(data);
    // What is not well-formed comes out of a log as something else.
    if (key.isWellFormed() && !key.includes('\0')) return { data, key };
  } catch {
    // The schema's own error quotes values.
  }
  throw new EventBusError('event_invalid', `event does not follow the contract of ${topic.name}`);
}
