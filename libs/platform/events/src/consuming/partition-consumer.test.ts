import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { RawEvent } from '../envelope/records.js';
import type { EventProcessor } from './event-processor.js';
import { OffsetWindow } from './offset-window.js';
import { PartitionConsumer } from './partition-consumer.js';

const raw = (offset: number, key: string): RawEvent => ({
  partition: 0,
  offset: BigInt(offset),
  key,
  headers: {},
  payload: '{}',
});

/** A consumer whose events are finished by hand. */
function consumer(options: { maxQueued?: number; maxLanes?: number; mayHandle?: () => boolean } = {}) {
  const working = new Map<bigint, () => void>();
  const turns = new Map<string, () => void>();
  const onRoom = vi.fn();
  const onDone = vi.fn();
  const processor = {
    process: (event: RawEvent, { signal }: { signal: AbortSignal }) =>
      new Promise<boolean>((resolve) => {
        working.set(event.offset, () => {
          working.delete(event.offset);
          resolve(true);
        });
        signal.addEventListener('abort', () => resolve(false));
      }),
    turn: (lane: string) => new Promise<void>((resolve) => turns.set(lane, resolve)),
    release: () => undefined,
  } as unknown as EventProcessor<unknown>;
  const subject = new PartitionConsumer({
    partition: 0,
    generation: 1,
    processor,
    maxQueued: options.maxQueued ?? 10,
    maxLanes: options.maxLanes ?? 10,
    mayHandle: options.mayHandle ?? (() => true),
    onRoom,
    onDone,
  });
  const finish = async (offset: number): Promise<void> => {
    working.get(BigInt(offset))?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { subject, working, turns, finish, onRoom, onDone };
}

describe('PartitionConsumer', () => {
  it('handles keys side by side and the events of a key one after another', async () => {
    const { subject, working, finish } = consumer();
    subject.release();
    for (const [offset, key] of [
      [0, 'a'],
      [1, 'a'],
      [2, 'b'],
    ] as const)
      subject.offer(raw(offset, key));
    expect([...working.keys()]).toEqual([0n, 2n]);
    await finish(2);
    expect(subject.position).toBeUndefined();
    await finish(0);
    expect(subject.position).toBe(1n);
    expect([...working.keys()]).toEqual([1n]);
    await finish(1);
    expect(subject.position).toBe(3n);
  });

  it('refuses at its bound, asks for more when half empty, and ignores what it took before', async () => {
    const { subject, finish, onRoom } = consumer({ maxQueued: 2 });
    subject.release();
    expect([0, 1, 2].map((offset) => subject.offer(raw(offset, `k${offset}`)))).toEqual([true, true, false]);
    expect(subject.queued).toBe(2);
    expect(subject.offer(raw(1, 'k1'))).toBe(true);
    expect(subject.queued).toBe(2);
    await finish(0);
    expect(onRoom).toHaveBeenCalledTimes(1);
    expect(subject.offer(raw(2, 'k2'))).toBe(true);
  });

  it('starts no more lanes than allowed, and nothing before release or while the fence is down', async () => {
    let safe = true;
    const { subject, working, finish } = consumer({ maxLanes: 2, mayHandle: () => safe });
    for (const offset of [0, 1, 2]) subject.offer(raw(offset, `k${offset}`));
    expect(working.size).toBe(0);
    subject.release();
    expect(working.size).toBe(2);
    safe = false;
    await finish(0);
    expect(working.size).toBe(1);
    safe = true;
    subject.wake();
    expect(working.size).toBe(2);
  });

  it('gives a parked lane its turn between its events, once, and the others go on', async () => {
    const { subject, working, turns, finish } = consumer();
    subject.release();
    subject.offer(raw(0, 'a'));
    subject.turn('a');
    subject.turn('a');
    subject.offer(raw(1, 'a'));
    subject.offer(raw(2, 'b'));
    expect([...working.keys()]).toEqual([0n, 2n]);
    await finish(0);
    expect([...turns.keys()]).toEqual(['a']);
    expect([...working.keys()]).toEqual([2n]);
    subject.turn('a');
    turns.get('a')?.();
    await finish(2);
    expect([...working.keys()]).toEqual([1n]);
    turns.delete('a');
    await finish(1);
    expect([...turns.keys()]).toEqual(['a']);
    expect(subject.position).toBe(3n);
  });

  it('stops: waits for handlers within the grace, aborts them after it, begins nothing', async () => {
    const { subject, working, finish } = consumer({ maxLanes: 1 });
    subject.release();
    subject.offer(raw(0, 'a'));
    subject.offer(raw(1, 'b'));
    const stopping = subject.stop(5_000);
    await finish(0);
    await stopping;
    expect(subject.position).toBe(1n);
    expect(working.size).toBe(0);
    expect(subject.offer(raw(2, 'c'))).toBe(false);
  });
});

describe('OffsetWindow', () => {
  it('reaches exactly the events before the first that is not done, in whatever order they end', () => {
    fc.assert(
      fc.property(
        fc
          .uniqueArray(fc.nat({ max: 5_000 }), { minLength: 1, maxLength: 60 })
          .chain((offsets) =>
            fc.tuple(fc.constant([...offsets].sort((one, two) => one - two)), fc.shuffledSubarray(offsets)),
          ),
        ([offsets, ended]) => {
          const window = new OffsetWindow();
          for (const offset of offsets) window.open(BigInt(offset));
          for (const offset of ended) window.close(BigInt(offset));
          const firstOpen = offsets.findIndex((offset) => !ended.includes(offset));
          const last = offsets[(firstOpen === -1 ? offsets.length : firstOpen) - 1];
          expect(window.position).toBe(last === undefined ? undefined : BigInt(last) + 1n);
        },
      ),
    );
  });
});
