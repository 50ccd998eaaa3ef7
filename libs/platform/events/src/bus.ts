import type { TopicContract, TopicName } from './topic.js';

/** An event to publish. Id and time are made up when absent; give the same id again when publishing again. */
export interface OutgoingEvent<T> {
  readonly data: T;
  readonly id?: string;
  /** RFC 3339. */
  readonly time?: string;
  /** W3C trace context; the current one by default. */
  readonly traceparent?: string;
}

/** An event as a handler gets it. Delivery is at least once: `id` is what to deduplicate by. */
export interface IncomingEvent<T> {
  readonly data: T;
  readonly id: string;
  readonly type: string;
  readonly key: string;
  /** RFC 3339, when it was published or appended to an outbox. */
  readonly time: string;
  readonly partition: number;
  readonly offset: string;
  readonly traceparent?: string;
}

export interface HandleContext {
  readonly partition: number;
  /** Rises with every change of ownership; a write that carries an older one than is stored must fail. */
  readonly generation: number;
  /** Aborted when the partition is lost, the bus closes or the attempt takes too long. */
  readonly signal: AbortSignal;
}

export interface SubscribeOptions<T> {
  readonly topic: TopicContract<T>;
  /** Members of a group split the partitions of a topic; in mode `broadcast` it only names the consumer. */
  readonly group: string;
  /** `shared`: from the group's last commit, at first from the beginning. `broadcast`: all events from now on. */
  readonly mode: 'shared' | 'broadcast';
  /** Events of one key one after another, of different keys at the same time. A rejection is retried. */
  readonly handle: (event: IncomingEvent<T>, context: HandleContext) => Promise<void>;
  /** Partitions gained. No event of theirs is handled before this has resolved. */
  readonly onAssigned?: (partitions: number[], generation: number) => void | Promise<void>;
  /** Partitions lost. Their handlers have finished, or their signals are aborted. */
  readonly onRevoked?: (partitions: number[]) => void | Promise<void>;
  /** Tries in all, and the wait before the second; it doubles from try to try, up to 30 seconds. */
  readonly retry: { readonly attempts: number; readonly backoffMs: number };
  /**
   * What becomes of an event that could not be handled. `dead-letter`: it goes to the dead-letter topic, and later
   * events of its key go on. `park`: it waits with growing delays for another try, or for an operator, and later
   * events of its key wait behind it, also across restarts and changes of ownership.
   */
  readonly onPoison: 'dead-letter' | 'park';
}

export interface Subscription {
  /**
   * False while the member cannot be sure to have its partitions: it has heard nothing of its group for half the time
   * after which others get them.
   */
  isSure(): boolean;
  /** Finishes handlers at work (bounded), commits, and leaves the group. */
  close(): Promise<void>;
}

/** Ordered, durable, at-least-once events between services. */
export interface EventBus {
  /**
   * Resolves when every event is durable. Throws EventBusError: `event_invalid`, `event_too_large`,
   * `publish_buffer_full`, `publish_timeout` (then it may or may not be there), `publish_refused`, `bus_closed`.
   */
  publish<T>(topic: TopicContract<T>, events: readonly OutgoingEvent<T>[]): Promise<void>;
  /**
   * Resolves when the member has its place in the group, however long the broker takes to appear. Throws EventBusError
   * `parking_refused` for `onPoison: 'park'` on a sealed topic, in a broadcast or without a place to park.
   */
  subscribe<T>(options: SubscribeOptions<T>): Promise<Subscription>;
  /** Partitions of a topic; creates it when it does not exist, and never changes an existing one. */
  partitionCount(topic: TopicName): Promise<number>;
  partitionOf(topic: TopicName, key: string): Promise<number>;
  /** Closes every subscription, sends what is buffered (bounded), disconnects. */
  close(): Promise<void>;
}
