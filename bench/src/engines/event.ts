import { randomUUID } from 'node:crypto';
import type { SubscribeOptions, TopicContract } from '@causeway/events';

/** An event of the benchmarks: 500 bytes of JSON. */
export interface BenchEvent {
  readonly type: 'bench.event';
  readonly lane: string;
  readonly n: number;
  readonly filler: string;
}

const EVENT_BYTES = 500;
const LANES = 64;

/** A topic of its own for each run. */
export function benchTopic(): TopicContract<BenchEvent> {
  return {
    name: `bench.${randomUUID()}.v1`,
    schema: { parse: (value) => value as BenchEvent },
    key: ({ lane }) => lane,
  };
}

/** @returns event number `n`; its lane is one of 64 */
export function benchEvent(n: number): BenchEvent {
  const bare = { type: 'bench.event', lane: `lane-${n % LANES}`, n, filler: '' } as const;
  return { ...bare, filler: 'x'.repeat(EVENT_BYTES - JSON.stringify(bare).length) };
}

/** @returns a subscription of the only member of a group. */
export function consuming(
  topic: TopicContract<BenchEvent>,
  onEvent: (n: number) => void,
): SubscribeOptions<BenchEvent> {
  return {
    topic,
    group: 'bench',
    mode: 'shared',
    handle: async ({ data }) => onEvent(data.n),
    retry: { attempts: 1, backoffMs: 100 },
    onPoison: 'dead-letter',
  };
}
