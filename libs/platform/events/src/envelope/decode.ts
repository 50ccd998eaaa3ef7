import { limits } from '@causeway/limits';
import { isTraceparent } from '@causeway/telemetry';
import type { IncomingEvent } from '../bus.js';
import type { TopicContract } from '../topic.js';
import { typeOf } from './encode.js';
import { isLarger, type RawEvent } from './records.js';

/** Why an event can never be handled, however often it is tried. */
export type PoisonCode =
  | 'envelope_invalid'
  | 'event_too_large'
  | 'event_malformed'
  | 'event_invalid'
  | 'type_mismatch'
  | 'key_mismatch';

export type Decoded<T> =
  { readonly ok: true; readonly event: IncomingEvent<T> } | { readonly ok: false; readonly code: PoisonCode };

const poison = (code: PoisonCode): { readonly ok: false; readonly code: PoisonCode } => ({ ok: false, code });

/** Opens an envelope and checks the event against its contract. Never throws. */
export function decodeEvent<T>(topic: TopicContract<T>, raw: RawEvent): Decoded<T> {
  const { ce_specversion, ce_id, ce_type, ce_time, traceparent } = raw.headers;
  if (ce_specversion !== '1.0' || !ce_id || !ce_type || !ce_time || raw.key === undefined) {
    return poison('envelope_invalid');
  }
  if (raw.payload === undefined) return poison('event_malformed');
  if (isLarger(limits.eventBytes.value, raw.key, raw.headers, raw.payload)) return poison('event_too_large');
  let value: unknown;
  try {
    value = JSON.parse(raw.payload);
  } catch {
    return poison('event_malformed');
  }
  let data: T;
  let key: string;
  try {
    data = topic.schema.parse(value);
    key = topic.key(data);
  } catch {
    return poison('event_invalid');
  }
  if (key !== raw.key) return poison('key_mismatch');
  if (typeOf(topic, data) !== ce_type) return poison('type_mismatch');
  const { partition, offset } = raw;
  const trace = traceparent !== undefined && isTraceparent(traceparent) ? { traceparent } : {};
  return {
    ok: true,
    event: {
      data,
      id: ce_id,
      type: ce_type,
      key,
      time: ce_time,
      partition,
      offset: offset.toString(),
      ...trace,
    },
  };
}
