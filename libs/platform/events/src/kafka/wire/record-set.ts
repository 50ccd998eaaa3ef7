import type { RawEvent } from '../../envelope/records.js';
import type { ByteReader } from './byte-reader.js';

/** A message of a partition that is read as an event at once; kafkajs only looks at its offset. */
export class FetchedEvent {
  readonly isControlRecord = false;
  readonly offset: string;

  constructor(readonly raw: RawEvent) {
    this.offset = raw.offset.toString();
  }
}

/** Bytes of the offset and the length of a batch. */
const framingBytes = 12;
/** Version 2 of the format of records. */
const magic = 2;
/** Attributes of a batch that is compressed, in a transaction, or not made of messages. */
const special = 0b11_0111;

/**
 * Reads the record batches of a partition (Kafka protocol, "Record Batch"); a last one that is not there whole is left
 * out, as a broker cuts its answer by size. Undefined when one is compressed, part of a transaction or of an older format.
 */
export function readRecordSet(reader: ByteReader, partition: number): FetchedEvent[] | undefined {
  const events: FetchedEvent[] = [];
  while (reader.left > framingBytes) {
    const baseOffset = reader.int64();
    const length = reader.int32();
    if (length > reader.left) break;
    if (!readBatch(reader.part(length), { partition, baseOffset }, events)) return undefined;
  }
  return events;
}

interface BatchPlace {
  readonly partition: number;
  readonly baseOffset: bigint;
}

/** False for a batch that is not read here. */
function readBatch(
  reader: ByteReader,
  { partition, baseOffset }: BatchPlace,
  events: FetchedEvent[],
): boolean {
  // The leader's epoch.
  reader.int32();
  if (reader.int8() !== magic) return false;
  // The checksum: TCP has one, and kafkajs looks at it no more than we do.
  reader.int32();
  if ((reader.int16() & special) !== 0) return false;
  // Last offset, first and last time, producer's id and epoch, first sequence.
  reader.part(4 + 8 + 8 + 8 + 2 + 4);
  const likely: LikelyHeaders = [];
  for (let left = reader.int32(); left > 0; left--) {
    const record = reader.part(reader.varint());
    record.int8();
    record.skipVarint();
    const offset = baseOffset + BigInt(record.varint());
    const key = record.varintText();
    const payload = record.varintText();
    events.push(new FetchedEvent({ partition, offset, key, payload, headers: readHeaders(record, likely) }));
  }
  return true;
}

/** The headers of the record before: the next one mostly has the same names, and some of the values. */
type LikelyHeaders = { name: string; value: string | undefined }[];

/** Of a header that is repeated the last value counts; one that is null is left out. */
function readHeaders(record: ByteReader, likely: LikelyHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  const count = record.varint();
  for (let index = 0; index < count; index++) {
    const before = likely[index];
    const name = record.varintText(before?.name) ?? '';
    const value = record.varintText(before?.value);
    if (before === undefined) likely.push({ name, value });
    else {
      before.name = name;
      before.value = value;
    }
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
