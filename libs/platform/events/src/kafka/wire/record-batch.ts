import type { EncodedEvent, Headers } from '../../envelope/records.js';
import type { ByteWriter } from './byte-writer.js';
import { crc32c } from './crc32c.js';

/** What is written of an event. */
export type Recorded = Pick<EncodedEvent, 'key' | 'headers' | 'payload'>;

/** Who writes a batch, and the number of its first record: by them the broker knows what it has already. */
export interface BatchOrigin {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

/** Version 2 of the format of records, and where its fields are that need all others to be there. */
const magic = 2;
const lengthAt = 8;
const crcAt = 17;
const attributesAt = 21;

/**
 * Writes events as a record batch without compression (Kafka protocol, "Record Batch", magic 2).
 * @param time of all of them, milliseconds since 1970
 */
export function writeRecordBatch(
  writer: ByteWriter,
  events: readonly Recorded[],
  { producerId, producerEpoch, firstSequence }: BatchOrigin,
  time: number,
): void {
  const start = writer.length;
  // Base offset, length, leader's epoch, magic, checksum: the broker gives the first and the third.
  writer.int64(0n);
  writer.int32(0);
  writer.int32(0);
  writer.int8(magic);
  writer.int32(0);
  // Attributes: neither compressed nor in a transaction.
  writer.int16(0);
  writer.int32(events.length - 1);
  writer.int64(BigInt(time));
  writer.int64(BigInt(time));
  writer.int64(producerId);
  writer.int16(producerEpoch);
  writer.int32(firstSequence);
  writer.int32(events.length);
  events.forEach((event, index) => writeRecord(writer, event, index));
  const { bytes, length } = writer;
  writer.setUInt32(length - start - lengthAt - 4, start + lengthAt);
  writer.setUInt32(crc32c(bytes, start + attributesAt, length), start + crcAt);
}

function writeRecord(writer: ByteWriter, { key, payload, headers }: Recorded, offsetDelta: number): void {
  const start = writer.length;
  // Attributes, of which there are none, and the time since that of the batch.
  writer.int8(0);
  writer.varint(0);
  writer.varint(offsetDelta);
  writer.varintText(key);
  writer.varintText(payload);
  writeHeaders(writer, headers);
  writer.insertVarintLength(start);
}

function writeHeaders(writer: ByteWriter, headers: Headers): void {
  const names = Object.keys(headers);
  writer.varint(names.length);
  for (const name of names) {
    writer.varintText(name);
    writer.varintText(headers[name] ?? '');
  }
}
