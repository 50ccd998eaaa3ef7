import { ByteReader } from './byte-reader.js';
import { readRecordSet, type FetchedEvent } from './record-set.js';

/** An answer with events, as kafkajs expects an answer to be read. */
export interface FetchResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  readonly abortedTransactions: readonly never[];
  readonly preferredReadReplica: number;
  readonly messages: readonly FetchedEvent[];
}

/** The version of the answer that is read here. */
export const fetchVersion = 11;

/**
 * Reads an answer to a fetch (Kafka protocol, "Fetch API", version 11) of topics whose records are events. Undefined
 * when a part of it has to be read by kafkajs: see `readRecordSet`, and transactions that were aborted.
 */
export function readFetchResponse(bytes: Buffer): FetchResponse | undefined {
  const reader = new ByteReader(bytes);
  const clientSideThrottleTime = reader.int32();
  const errorCode = reader.int16();
  const sessionId = reader.int32();
  const responses = readArray(reader, readTopic);
  // As in kafkajs: a broker of this version has not throttled, but expects the client to.
  return responses && { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

function readTopic(reader: ByteReader): FetchResponse['responses'][number] | undefined {
  const topicName = reader.string();
  const partitions = readArray(reader, readPartition);
  return partitions && { topicName, partitions };
}

function readPartition(reader: ByteReader): FetchedPartition | undefined {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64().toString();
  const lastStableOffset = reader.int64().toString();
  const lastStartOffset = reader.int64().toString();
  if (reader.int32() > 0) return undefined;
  const preferredReadReplica = reader.int32();
  const messages = readRecordSet(reader.part(Math.max(0, reader.int32())), partition);
  return (
    messages && {
      partition,
      errorCode,
      highWatermark,
      lastStableOffset,
      lastStartOffset,
      abortedTransactions: [],
      preferredReadReplica,
      messages,
    }
  );
}

/** All of them, or undefined when one is. */
function readArray<T>(reader: ByteReader, read: (reader: ByteReader) => T | undefined): T[] | undefined {
  const items: T[] = [];
  for (let left = reader.int32(); left > 0; left--) {
    const item = read(reader);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}
