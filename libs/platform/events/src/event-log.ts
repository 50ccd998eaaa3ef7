import type { SubscribeOptions, Subscription } from './bus.js';
import type { PartitionSet } from './consuming/partition-set.js';
import type { EncodedEvent, RawEvent } from './envelope/records.js';
import type { TopicState } from './topic-faults.js';
import type { TopicSpec } from './topic.js';

/** What an engine asks of the consumers that it feeds. */
export interface FeedHooks {
  /** False while the engine cannot be sure that the member still has its partitions. */
  readonly mayHandle: () => boolean;
  /** A partition whose queue was full has room again. */
  readonly onRoom: (partition: number) => void;
  /** An event has got its outcome: there may be a position to commit. */
  readonly onDone: () => void;
}

/** A member that wants its share of a topic. */
export interface JoinRequest<T> {
  readonly topic: string;
  readonly group: string;
  readonly mode: SubscribeOptions<T>['mode'];
  readonly partitions: number;
  /** How long handlers at work may take when their partition is given back. */
  readonly graceMs: number;
  /** How long an engine that is asked for events may wait for the first. */
  readonly longPollMs: number;
  /** Makes the set that the engine assigns partitions to and offers events to. */
  readonly createSet: (hooks: FeedHooks) => PartitionSet<T>;
  /** Told how long the member was without a settled share, milliseconds, each time that its group was rebalanced. */
  readonly onRebalanced: (ms: number) => void;
  /** Aborted when the bus closes while the member is still waiting for its place. */
  readonly signal: AbortSignal;
}

/** A member that has its place. */
export interface Member extends Pick<Subscription, 'close'> {
  /** Events that are in its partitions and not yet done. Rejects when the engine is not there. */
  lag(): Promise<number>;
}

/** What an engine must do; everything else (envelopes, batching, retries, dead letters) is done above it. */
export interface EventLog {
  /** The topic's partitions; creates it when missing. Rejects when the engine is not there. */
  ensureTopic(topic: TopicSpec): Promise<number>;
  /** Those of the topics that exist, by name, and what is wrong with them. Rejects when the engine is not there. */
  examine(topics: readonly TopicSpec[]): Promise<ReadonlyMap<string, TopicState>>;
  /** Makes a batch durable in its order. A rejection that is an EventBusError is final, others are tried again. */
  append(batch: readonly EncodedEvent[]): Promise<void>;
  /** What lies in a topic now, at most `limit` events, in the order of each partition. Rejects as `examine`. */
  readAll(topic: string, limit: number): Promise<RawEvent[]>;
  /** Resolves when the member has joined; keeps trying until the signal is aborted. */
  join<T>(request: JoinRequest<T>): Promise<Member>;
  close(): Promise<void>;
}
