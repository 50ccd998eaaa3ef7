import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBusError } from '../errors.js';
import type { EncodedEvent } from '../envelope/records.js';
import { PublishQueue, type PublishQueueOptions } from './publish-queue.js';

const event = (key: string, bytes = 10): EncodedEvent => ({
  topic: 't',
  partition: 0,
  key,
  headers: {},
  payload: '{}',
  bytes,
});

function queue(options: Partial<PublishQueueOptions> & Pick<PublishQueueOptions, 'send'>): PublishQueue {
  return new PublishQueue({
    maxBatchItems: 4,
    maxBatchBytes: 1_000,
    maxItems: 100,
    maxBytes: 10_000,
    deadlineMs: 2_000,
    onRetry: () => undefined,
    ...options,
  });
}

const keys = (batch: readonly EncodedEvent[]): string => batch.map((one) => one.key).join('');

describe('PublishQueue', () => {
  it('sends calls of one turn together, in order, and big calls in parts', async () => {
    const sent: string[] = [];
    const subject = queue({ send: async (batch) => void sent.push(keys(batch)) });
    await Promise.all([
      subject.publish([event('a'), event('b')]),
      subject.publish([event('c')]),
      subject.publish(['d', 'e', 'f', 'g', 'h'].map((key) => event(key))),
    ]);
    expect(sent).toEqual(['abc', 'defg', 'h']);
    expect(subject.size).toBe(0);
  });

  it('sends a failed batch again before anything newer', async () => {
    const sent: string[] = [];
    let failures = 2;
    const subject = queue({
      send: async (batch) => {
        sent.push(keys(batch));
        if (failures-- > 0) throw new Error('not now');
      },
    });
    const first = subject.publish([event('a')]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.all([first, subject.publish([event('b')])]);
    expect(sent.join('|')).toMatch(/^a\|ab?\|a?b/);
    expect(sent.join('').replaceAll('a', '')).toMatch(/^b+$/);
  });

  it('fails the refused call alone', async () => {
    const subject = queue({
      send: async (batch) => {
        if (batch.some((one) => one.key === 'bad')) throw new EventBusError('publish_refused', 'too large');
      },
    });
    const outcomes = await Promise.allSettled(['x', 'bad', 'y'].map((key) => subject.publish([event(key)])));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('refuses at its bounds in items and bytes, and has room again afterwards', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const subject = queue({ send: () => gate, maxItems: 3, maxBytes: 100 });
    const taken = subject.publish([event('a'), event('b')]);
    await expect(subject.publish([event('c'), event('d')])).rejects.toMatchObject({
      code: 'publish_buffer_full',
    });
    await expect(subject.publish([event('e', 90)])).rejects.toMatchObject({ code: 'publish_buffer_full' });
    open();
    await taken;
    await subject.publish([event('c'), event('d')]);
  });

  it('refuses at the deadline whether sent or not, and closes without waiting longer', async () => {
    const sent: string[] = [];
    const subject = queue({
      send: async (batch) => {
        sent.push(keys(batch));
        throw new Error('down');
      },
      deadlineMs: 80,
    });
    const calls = ['a', 'b'].map((key) => subject.publish([event(key)]));
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'publish_timeout' });
    await subject.close();
    expect(subject.size).toBe(0);
    await expect(subject.publish([event('c')])).rejects.toMatchObject({ code: 'bus_closed' });
  });

  it('keeps the order of calls whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 6 }), { maxLength: 12 }),
        fc.array(fc.boolean()),
        async (sizes, faults) => {
          const kept: string[] = [];
          const subject = queue({
            send: async (batch) => {
              if (faults.shift() === true) throw new Error('now and then');
              kept.push(...batch.map((one) => one.key));
            },
            deadlineMs: 10_000,
          });
          let n = 0;
          const names = sizes.map((size) => Array.from({ length: size }, () => String(n++)));
          await Promise.all(names.map((name) => subject.publish(name.map((key) => event(key)))));
          expect(kept).toEqual(names.flat());
        },
      ),
      { numRuns: 15 },
    );
  }, 60_000);
});
