import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KafkaMessage } from 'kafkajs';
import type { EncodedEvent } from '../../envelope/records.js';
import { rawEvent } from '../raw-event.js';
import { ByteWriter } from './byte-writer.js';
import { readFetchResponse } from './fetch-response.js';
import { writeRecordBatch } from './record-batch.js';
import { events, theirs } from './records.fixture.js';

const origin = { producerId: 1n, producerEpoch: 0, firstSequence: 0 };
const attributesAt = 21;
const batchHead = 61;

/** A batch as a broker stores it: with the offset of its first record. */
function batch(some: readonly EncodedEvent[], baseOffset: bigint, attributes = 0): Buffer {
  const writer = new ByteWriter(10);
  writeRecordBatch(writer, some, origin, 1_800_000_000_000);
  writer.bytes.writeBigInt64BE(baseOffset, 0);
  writer.bytes.writeInt16BE(attributes, attributesAt);
  return writer.bytes;
}

/** An answer for partition 3 of topic `t`. */
function answer(records: Buffer, { aborted = 0, errorCode = 0 } = {}): Buffer {
  const head = new ByteWriter(100);
  head.int32(0);
  head.int16(0);
  head.int32(0);
  head.int32(1);
  head.string('t');
  head.int32(1);
  head.int32(3);
  head.int16(errorCode);
  for (const offset of [90n, 80n, 10n]) head.int64(offset);
  head.int32(aborted === 0 ? -1 : aborted);
  for (let left = aborted * 2; left > 0; left--) head.int64(1n);
  head.int32(-1);
  head.int32(records.length);
  return Buffer.concat([head.bytes, records]);
}

/** Both ways to read it, with messages as events. */
async function readings(bytes: Buffer) {
  const read = async (decoded: object | undefined) => {
    const response = decoded as Awaited<ReturnType<typeof theirs.fetchResponse.decode>>;
    return {
      ...response,
      responses: response.responses.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((part) => ({
          ...part,
          messages: part.messages.map((message) => rawEvent(3, message as KafkaMessage)),
        })),
      })),
    };
  };
  return [await read(readFetchResponse(bytes)), await read(await theirs.fetchResponse.decode(bytes))];
}

const one: EncodedEvent = {
  topic: 't',
  partition: 3,
  key: 'k',
  headers: { ce_id: '1' },
  payload: '{}',
  bytes: 3,
};

describe('an answer to a fetch of events', () => {
  it('gives what kafkajs would read, also when the last batch is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(events, { maxLength: 3 }), fc.nat(200), async (batches, cut) => {
        const whole = Buffer.concat(batches.map((some, index) => batch(some, BigInt(index) * 100n)));
        // Of less than the head of a batch kafkajs reads beyond the end.
        const end = Math.max(Math.min(whole.length, batchHead), whole.length - cut);
        const [ours, kafkajs] = await readings(answer(whole.subarray(0, end)));
        expect(ours).toEqual(kafkajs);
      }),
    );
  });

  it('keeps the code of an error', () => {
    const read = readFetchResponse(answer(Buffer.alloc(0), { errorCode: 1 }));
    expect(read?.responses[0]?.partitions[0]).toMatchObject({ errorCode: 1, messages: [] });
  });

  it.each([
    ['compressed', answer(batch([one], 0n, 1))],
    ['in a transaction', answer(batch([one], 0n, 0x10))],
    ['a control batch', answer(batch([one], 0n, 0x20))],
    ['of an older format', answer(Buffer.concat([batch([one], 0n).fill(1, 16, 17)]))],
    ['behind an aborted transaction', answer(batch([one], 0n), { aborted: 1 })],
  ])('is left to kafkajs when it is %s', (_, bytes) => {
    expect(readFetchResponse(bytes)).toBeUndefined();
  });

  it('throws and ends when its numbers make no sense', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(255), (at, byte) => {
        const bytes = answer(batch([one, one], 5n));
        bytes[at % bytes.length] = byte;
        try {
          readFetchResponse(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  it('leaves out a header that is null, and takes the last of a repeated one', () => {
    const records = batch([{ ...one, headers: { a: '1', b: '2' } }], 0n);
    const name = records.lastIndexOf('b');
    const repeated = Buffer.from(records);
    repeated.write('a', name);
    expect(headersOf(repeated)).toEqual({ a: '2' });
    // A length of -1, in zigzag.
    records[name + 1] = 1;
    expect(headersOf(records)).toEqual({ a: '1' });
    const message = { offset: '1', key: null, value: null, headers: { a: null, b: [null, null] } };
    expect(rawEvent(3, message as unknown as KafkaMessage).headers).toEqual({});
  });
});

function headersOf(records: Buffer) {
  return readFetchResponse(answer(records))?.responses[0]?.partitions[0]?.messages[0]?.raw.headers;
}
