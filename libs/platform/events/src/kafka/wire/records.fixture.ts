import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { EncodedEvent } from '../../envelope/records.js';
import type { ProduceArguments } from './produce-request.js';

const require = createRequire(import.meta.url);

/** A request of kafkajs that writes itself. */
export interface TheirRequest {
  readonly request: { encode(): Promise<{ readonly buffer: Buffer }> };
}

/** How kafkajs itself writes and reads version N of a request: loaded apart, so that nothing here has touched it. */
export const theirs = {
  produceRequest: (args: ProduceArguments) =>
    (
      require('kafkajs/src/protocol/requests/produce/v7/request') as (
        given: object,
      ) => TheirRequest['request']
    )(args),
  fetchResponse: require('kafkajs/src/protocol/requests/fetch/v11/response') as {
    decode(bytes: Buffer): Promise<{ responses: { partitions: { messages: object[] }[] }[] }>;
  },
};

/** Texts around the lengths where a varint grows, in one byte a character and in more. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: fc.constantFrom('a', 'é', '→', '𐍈', '\ud800'), maxLength: 80 }),
  fc.integer({ min: 60, max: 70 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 8_180, max: 8_200 }).map((length) => 'y'.repeat(length)),
);

/** Events of topic `t`, of partitions 0 to 3. */
export const events: fc.Arbitrary<readonly EncodedEvent[]> = fc.array(
  fc.record({
    topic: fc.constant('t'),
    partition: fc.nat(3),
    key: text,
    headers: fc.dictionary(fc.oneof(fc.constantFrom('ce_id', 'ce_type'), text), text, { maxKeys: 9 }),
    payload: fc.option(text),
    // What the writer expects is only a hint.
    bytes: fc.nat(100),
  }),
  { minLength: 1, maxLength: 12 },
);

/** The arguments that kafkajs would make of messages. */
export function produceArguments<M extends { readonly partition: number }>(messages: readonly M[]) {
  const byPartition = Map.groupBy(messages, ({ partition }) => partition);
  const partitions = [...byPartition].map(([partition, some]) => ({
    partition,
    firstSequence: partition * 7,
    messages: some as never,
  }));
  return {
    acks: -1,
    timeout: 5_000,
    producerId: '4711',
    producerEpoch: 2,
    topicData: [{ topic: 't', partitions }],
  } satisfies ProduceArguments;
}
