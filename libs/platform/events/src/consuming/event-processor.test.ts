import { describe, expect, it } from 'vitest';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs } from '@causeway/testing';
import type { HandleContext } from '../bus.js';
import { note, noteTopic, subscription, type Note } from '../conformance/note-topic.js';
import { encodeEvent } from '../envelope/encode.js';
import { consumerMetrics } from './consumer-metrics.js';
import { EventProcessor } from './event-processor.js';

const topic = noteTopic();

/** A processor of one partition, what it gave up on, and an event to process. */
function processor(handle: (context: HandleContext) => Promise<void>) {
  const codes: string[] = [];
  const subject = new EventProcessor<Note>({
    partition: 0,
    parking: undefined,
    subscribe: subscription(topic, (_, context) => handle(context), {
      retry: { attempts: 3, backoffMs: 1 },
    }),
    deadLetter: async (_, code) => void codes.push(code),
    logger: captureLogs().logger,
    metrics: consumerMetrics(createMetrics('test')),
    handlerDeadlineMs: 5_000,
  });
  const { key, headers, payload } = encodeEvent(
    topic,
    { data: note('a', 1) },
    { source: '/t', partitions: 1 },
  );
  return { subject, codes, raw: { partition: 0, offset: 0n, key, headers, payload: payload ?? '' } };
}

/** A partition that is ours until told otherwise. */
function ownership() {
  const lost = new AbortController();
  const owner = { partition: 0, generation: 1, sure: true, signal: lost.signal, mayHandle: () => owner.sure };
  return { owner, lose: () => lost.abort() };
}

describe('EventProcessor', () => {
  it('tries again under the generation of now, when the partition stayed through a rebalance', async () => {
    const { owner } = ownership();
    const tried: number[] = [];
    const { subject, codes, raw } = processor(async ({ generation }) => {
      tried.push(generation);
      owner.generation = 7;
      if (generation < 7) throw new Error('refused by the fence');
    });
    expect(await subject.process(raw, owner)).toBe(true);
    expect({ tried, codes }).toEqual({ tried: [1, 7], codes: [] });
  });

  it('gives up on nothing while it is not sure that the partition is its own, nor when it is lost', async () => {
    const { owner, lose } = ownership();
    let tries = 0;
    const { subject, codes, raw } = processor(async () => {
      tries += 1;
      owner.sure = false;
      throw new Error('refused by the fence');
    });
    const processed = subject.process(raw, owner);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect({ tries, codes }).toEqual({ tries: 1, codes: [] });
    lose();
    expect(await processed).toBe(false);
    expect({ tries, codes }).toEqual({ tries: 1, codes: [] });
  });

  it('goes on to try, and gives up, when the partition proves to be its own', async () => {
    const { owner } = ownership();
    let tries = 0;
    const { subject, codes, raw } = processor(async () => {
      tries += 1;
      owner.sure = false;
      setTimeout(() => (owner.sure = true), 5);
      throw new Error('broken');
    });
    expect(await subject.process(raw, owner)).toBe(true);
    expect({ tries, codes }).toEqual({ tries: 3, codes: ['handler_failed'] });
  });
});
