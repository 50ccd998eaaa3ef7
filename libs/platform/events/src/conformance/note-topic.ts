import { randomUUID } from 'node:crypto';
import type { IncomingEvent, SubscribeOptions } from '../bus.js';
import type { TopicContract } from '../topic.js';

/** The event of these tests. */
export interface Note {
  readonly type: 'note.taken';
  readonly lane: string;
  readonly n: number;
}

export const note = (lane: string, n: number): Note => ({ type: 'note.taken', lane, n });

/** A topic of its own for each test. */
export function noteTopic(options: { readonly sealed?: boolean } = {}): TopicContract<Note> {
  return {
    name: `conformance.${randomUUID()}.v1`,
    schema: {
      parse(value) {
        const { type, lane, n } = value as Partial<Note>;
        if (type !== 'note.taken' || typeof lane !== 'string' || typeof n !== 'number')
          throw new Error('not a note');
        return { type, lane, n };
      },
    },
    key: (event) => event.lane,
    ...options,
  };
}

/** What a consumer got. */
export class Received {
  readonly events: IncomingEvent<Note>[] = [];

  readonly handle = async (event: IncomingEvent<Note>): Promise<void> => {
    this.events.push(event);
  };

  /** The numbers of one lane in the order of their handling. */
  lane(lane: string): number[] {
    return this.events.filter((event) => event.key === lane).map((event) => event.data.n);
  }
}

/** Which partitions a member has, by its callbacks. */
export class Owned {
  readonly partitions = new Set<number>();
  readonly generations: number[] = [];

  readonly onAssigned = (partitions: number[], generation: number): void => {
    for (const partition of partitions) this.partitions.add(partition);
    this.generations.push(generation);
  };

  readonly onRevoked = (partitions: number[]): void => {
    for (const partition of partitions) this.partitions.delete(partition);
  };
}

export function subscription(
  topic: TopicContract<Note>,
  handle: SubscribeOptions<Note>['handle'],
  more: Partial<SubscribeOptions<Note>> = {},
): SubscribeOptions<Note> {
  return {
    topic,
    group: 'conformance',
    mode: 'shared',
    retry: { attempts: 3, backoffMs: 5 },
    onPoison: 'dead-letter',
    handle,
    ...more,
  };
}

export const outgoing = (lanes: readonly string[], perLane: number, from = 0): { data: Note }[] =>
  Array.from({ length: perLane }, (_, n) => lanes.map((lane) => ({ data: note(lane, from + n) }))).flat();

export const upTo = (end: number, from = 0): number[] =>
  Array.from({ length: end - from }, (_, n) => from + n);
