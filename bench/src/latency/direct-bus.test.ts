import { expect, it } from 'vitest';
import type { TopicContract } from '@causeway/events';
import { DirectBus } from './direct-bus.js';

interface Note {
  readonly lane: string;
  readonly n: number;
}
const topic: TopicContract<Note> = {
  name: 'notes.v1',
  schema: { parse: (value) => value as Note },
  key: ({ lane }) => lane,
};
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const notes = (lane: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({ data: { lane, n } }));

it('hands events of one lane over one after another, and tries again what failed', async () => {
  const bus = new DirectBus(4);
  const seen: number[] = [];
  let failures = 1;
  await bus.subscribe({
    topic,
    group: 'readers',
    mode: 'shared',
    handle: async ({ data }) => {
      if (data.n === 1 && failures-- > 0) throw new Error('once');
      await Promise.resolve();
      seen.push(data.n);
    },
    retry: { attempts: 3, backoffMs: 1 },
    onPoison: 'dead-letter',
  });
  await bus.publish(topic, notes('a', 4));
  await settled();
  expect(seen).toEqual([0, 1, 2, 3]);
});

it('assigns every partition at once, and hands nothing over after the subscription was closed', async () => {
  const bus = new DirectBus(3);
  const assigned: number[] = [];
  const seen: string[] = [];
  const subscription = await bus.subscribe({
    topic,
    group: 'readers',
    mode: 'shared',
    handle: async ({ key, partition }) => {
      expect(partition).toBe(await bus.partitionOf(topic, key));
      seen.push(key);
    },
    onAssigned: (partitions) => void assigned.push(...partitions),
    retry: { attempts: 1, backoffMs: 1 },
    onPoison: 'dead-letter',
  });
  await bus.publish(topic, notes('a', 1));
  await settled();
  await subscription.close();
  await bus.publish(topic, notes('b', 1));
  await settled();
  expect(assigned).toEqual([0, 1, 2]);
  expect(seen).toEqual(['a']);
});
