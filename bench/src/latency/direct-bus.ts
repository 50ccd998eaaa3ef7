import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  EventBus,
  OutgoingEvent,
  SubscribeOptions,
  Subscription,
  TopicContract,
  TopicName,
} from '@causeway/events';

/** Calls one consumer with an event; resolves when it has been handled. */
type Deliver = (event: unknown) => Promise<void>;

/**
 * The event hop without a log: what is published is handed to its consumers in the same process, by a call. Nothing is
 * durable, and a group has one member. Only benchmarks use it, to tell what the log costs.
 */
export class DirectBus implements EventBus {
  private readonly consumers = new Map<string, Set<Deliver>>();

  constructor(private readonly partitions: number) {}

  async publish<T>(topic: TopicContract<T>, events: readonly OutgoingEvent<T>[]): Promise<void> {
    const checked = events.map((event) => ({ ...event, data: topic.schema.parse(event.data) }));
    for (const event of checked) {
      // Not awaited: a consumer may publish to the one that is calling it.
      for (const deliver of this.consumers.get(topic.name) ?? []) void deliver(event);
    }
  }

  async subscribe<T>(options: SubscribeOptions<T>): Promise<Subscription> {
    const { topic, onAssigned } = options;
    await onAssigned?.(
      Array.from({ length: this.partitions }, (_, partition) => partition),
      1,
    );
    const lanes = new Map<string, Promise<void>>();
    const deliver: Deliver = (event) => {
      const outgoing = event as OutgoingEvent<T>;
      const key = topic.key(outgoing.data);
      const handled = (lanes.get(key) ?? Promise.resolve()).then(() => this.handle(options, outgoing, key));
      lanes.set(key, handled);
      return handled.finally(() => {
        if (lanes.get(key) === handled) lanes.delete(key);
      });
    };
    const consumers = this.consumers.get(topic.name) ?? new Set();
    this.consumers.set(topic.name, consumers.add(deliver));
    return {
      isSure: () => true,
      close: async () => {
        consumers.delete(deliver);
        await Promise.all(lanes.values());
      },
    };
  }

  async partitionCount(_topic: TopicName): Promise<number> {
    return this.partitions;
  }

  async partitionOf(_topic: TopicName, key: string): Promise<number> {
    return this.partitionFor(key);
  }

  async close(): Promise<void> {
    // Each service closes its bus; the others still use this one.
  }

  private async handle<T>(options: SubscribeOptions<T>, event: OutgoingEvent<T>, key: string): Promise<void> {
    const { topic, retry } = options;
    const { data, id = randomUUID(), time = new Date().toISOString() } = event;
    const partition = this.partitionFor(key);
    const incoming = { data, id, type: topic.name, key, time, partition, offset: '0' };
    const context = { partition, generation: 1, signal: new AbortController().signal };
    for (let attempt = 1; attempt <= retry.attempts; attempt++) {
      try {
        return await options.handle(incoming, context);
      } catch {
        await delay(retry.backoffMs);
      }
    }
  }

  private partitionFor(key: string): number {
    const sum = [...key].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0, 7);
    return sum % this.partitions;
  }
}
