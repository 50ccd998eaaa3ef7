import type { KafkaMessage } from 'kafkajs';
import type { RawEvent } from '../envelope/records.js';
import { FetchedEvent } from './wire/record-set.js';

/**
 * A message of Kafka as an event not yet trusted. Of a header that is repeated the last value counts; one that is null
 * is left out.
 */
export function rawEvent(partition: number, message: KafkaMessage | FetchedEvent): RawEvent {
  if (message instanceof FetchedEvent) return message.raw;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    // kafkajs gives null where its type says undefined.
    const last = (Array.isArray(value) ? value.at(-1) : value) ?? undefined;
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
