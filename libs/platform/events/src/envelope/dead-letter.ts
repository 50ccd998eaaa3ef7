import { limits } from '@causeway/limits';
import { partitionForKey } from '../partitioning/partition-for-key.js';
import { sizeOf, type EncodedEvent, type Headers, type RawEvent } from './records.js';

const maxHeaders = 32;
const maxHeaderBytes = 4_096;

/** The original headers, bounded: what cannot be handled was perhaps not made by us. */
function boundedHeaders(headers: Headers): Record<string, string> {
  const kept = Object.entries(headers).filter(([, value]) => Buffer.byteLength(value) <= maxHeaderBytes);
  return Object.fromEntries(kept.slice(0, maxHeaders));
}

/** The event with as much as a row may hold: bounded headers, and no payload when it alone would be too large. */
export function boundedCopy(raw: RawEvent): RawEvent {
  const headers = boundedHeaders(raw.headers);
  const tooLarge = sizeOf(raw.key ?? '', headers, raw.payload ?? null) > limits.eventBytes.value;
  return { ...raw, headers, payload: tooLarge ? undefined : raw.payload };
}

/**
 * The record for the dead-letter topic: key and headers of the original, the code why, when, and where it came from. The
 * payload is left out where the contract seals it, or when it alone would be too large.
 */
export function deadLetterOf(
  raw: RawEvent,
  why: { readonly code: string; readonly group: string },
  to: {
    readonly topic: string;
    readonly partitions: number;
    readonly sealed: boolean;
    readonly maxBytes: number;
  },
): EncodedEvent {
  const key = raw.key ?? '';
  const headers = {
    ...boundedHeaders(raw.headers),
    ce_errorcode: why.code,
    ce_errortime: new Date().toISOString(),
    ce_errorgroup: why.group,
    ce_errorpartition: String(raw.partition),
    ce_erroroffset: raw.offset.toString(),
  };
  const whole = to.sealed ? null : (raw.payload ?? null);
  const payload = sizeOf(key, headers, whole) > to.maxBytes ? null : whole;
  const partition = partitionForKey(key, to.partitions);
  return { topic: to.topic, partition, key, headers, payload, bytes: sizeOf(key, headers, payload) };
}
