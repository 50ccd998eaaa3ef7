import type { Message } from 'kafkajs';
import type { EncodedEvent, Headers } from '../../envelope/records.js';
import { ByteWriter } from './byte-writer.js';
import { writeRecordBatch } from './record-batch.js';

/** Framing of the request, its partitions, and each record. */
const framingBytes = 1_024;
const framingPerEvent = 100;

/** An event on its way to kafkajs, which hands it on as it is: in a request of only such events we write the records. */
export class EventMessage implements Message {
  readonly key: string;
  readonly value: string | null;
  readonly partition: number;
  readonly headers: Headers;
  readonly bytes: number;

  constructor({ key, payload, partition, headers, bytes }: EncodedEvent) {
    this.key = key;
    this.value = payload;
    this.partition = partition;
    this.headers = headers;
    this.bytes = bytes;
  }

  get payload(): string | null {
    return this.value;
  }
}

/** What kafkajs makes a request to produce of. */
export interface ProduceArguments {
  readonly acks: number;
  readonly timeout: number;
  readonly compression?: number;
  readonly transactionalId?: string | null;
  readonly producerId: unknown;
  readonly producerEpoch: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence: number;
      readonly messages: readonly Message[];
    }[];
  }[];
}

/**
 * The body of a request to produce, versions 3 to 7 (Kafka protocol, "Produce API"); undefined for one that is not made
 * of events alone, or that is compressed or part of a transaction: kafkajs has to write that.
 */
export function produceBody(request: ProduceArguments): Buffer | undefined {
  const { acks, timeout, topicData, producerId, producerEpoch, compression = 0 } = request;
  if (compression !== 0 || request.transactionalId != null) return undefined;
  const parts = topicData.flatMap(({ partitions }) => partitions);
  if (!parts.every(({ messages }) => ofEvents(messages))) return undefined;
  const writer = new ByteWriter(parts.reduce((sum, { messages }) => sum + sizeOf(messages), framingBytes));
  const origin = { producerId: BigInt(String(producerId)), producerEpoch };
  const time = Date.now();
  writer.string(null);
  writer.int16(acks);
  writer.int32(timeout);
  writer.int32(topicData.length);
  for (const { topic, partitions } of topicData) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const { partition, firstSequence, messages } of partitions) {
      writer.int32(partition);
      const start = writer.length;
      writer.int32(0);
      writeRecordBatch(writer, messages as readonly EventMessage[], { ...origin, firstSequence }, time);
      writer.setUInt32(writer.length - start - 4, start);
    }
  }
  return writer.bytes;
}

function ofEvents(messages: readonly Message[]): messages is readonly EventMessage[] {
  return messages.every((message) => message instanceof EventMessage);
}

function sizeOf(messages: readonly Message[]): number {
  return (messages as readonly EventMessage[]).reduce((sum, { bytes }) => sum + bytes + framingPerEvent, 0);
}
