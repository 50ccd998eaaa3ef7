import type { KafkaMessage } from 'kafkajs';
import type { RawEvent } from '../envelope/records.js';

/** A message of Kafka as an event not yet trusted. Of a header that is repeated the last value counts. */
export function rawEvent(partition: number, message: KafkaMessage): RawEvent {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) headers[name] = last.toString();
  }
  return {
    partition,
    offset: BigInt(message.offset),
    key: message.key?.toString('utf8'),
    headers,
    payload: message.value?.toString('utf8'),
  };
}
