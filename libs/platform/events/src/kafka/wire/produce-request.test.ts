import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EncodedEvent } from '../../envelope/records.js';
import { EventMessage, produceBody } from './produce-request.js';
import { events, produceArguments, theirs } from './records.fixture.js';

const asMessages = (some: readonly EncodedEvent[]) => some.map((event) => new EventMessage(event));
const plain = (some: readonly EncodedEvent[]) =>
  some.map(({ key, payload, partition, headers }) => ({
    key,
    value: payload,
    partition,
    headers: { ...headers },
  }));
const one: EncodedEvent = { topic: 't', partition: 0, key: 'k', headers: {}, payload: '{}', bytes: 3 };

describe('a request to produce events', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('is byte for byte what kafkajs would write', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (some) => {
        const { buffer } = await theirs.produceRequest(produceArguments(plain(some))).encode();
        expect(produceBody(produceArguments(asMessages(some)))?.equals(buffer)).toBe(true);
      }),
    );
  });

  it('is left to kafkajs when anything else is in it, or is to be done with it', () => {
    const request = produceArguments(asMessages([one]));
    expect(produceBody(request)).toBeDefined();
    expect(produceBody(produceArguments([...asMessages([one]), ...plain([one])]))).toBeUndefined();
    expect(produceBody({ ...request, compression: 1 })).toBeUndefined();
    expect(produceBody({ ...request, transactionalId: 'x' })).toBeUndefined();
  });
});
