import { createRequire } from 'node:module';
import { endFetchWaits, type FetchingCluster } from './fetch-waits.js';
import { watchForLateAnswers, type AnswerQueue } from './late-answers.js';

/** What a consumer group of kafkajs looks like from the inside, as far as it is used here. */
export interface GroupInternals {
  readonly generationId: number;
  readonly assigners: readonly object[];
  readonly seekOffset: { clear(): void };
  readonly offsetManager: OffsetManager | null;
  /** How long the next fetch may wait at the broker, milliseconds. */
  maxWaitTime: number;
  readonly cluster: FetchingCluster & {
    fetchTopicsOffset(
      topics: readonly { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
    ): Promise<{ partitions: { partition: number; offset: string }[] }[]>;
  };
  assigned(): readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  seek(position: { readonly topic: string; readonly partition: number; readonly offset: string }): void;
  resume(partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): void;
}

interface OffsetManager {
  commitOffsets(offsets: CommitRequest): Promise<void>;
  /** As the broker had them when the share was taken, or as committed since; none is less than 0. */
  committedOffsets(): Readonly<Record<string, Readonly<Record<number, string | undefined>> | undefined>>;
}

/** Offsets to commit, as kafkajs sends them. */
export interface CommitRequest {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
  }[];
}

/** An assigner with this method is told of joins; kafkajs' own GROUP_JOIN event has no generation. */
export interface JoinListener {
  /** Before the old generation is left: the last moment to commit under it. */
  leaving(): Promise<void>;
  /** After the new assignment is known, before anything is fetched under it. */
  joined(group: GroupInternals): void;
}

interface Prototypes {
  readonly queue: {
    scheduleCheckPendingRequests(this: { readonly pending: readonly unknown[] }): void;
    scheduleRequestTimeoutCheck(this: AnswerQueue): void;
  };
  readonly group: {
    joinAndSync(this: GroupInternals): Promise<void>;
    heartbeat(this: GroupInternals, options: { readonly interval: number }): Promise<void>;
  };
  readonly request: object;
}

const listenersOf = (group: GroupInternals): JoinListener[] =>
  group.assigners.filter(
    (assigner): assigner is JoinListener => 'joined' in assigner && 'leaving' in assigner,
  );

let installed = false;

/**
 * Makes a moment that kafkajs keeps as wall time one of the monotonic clock: it reads as if it had been taken from the
 * wall clock as that stands now. kafkajs only ever sets these to the present, and compares them with it.
 */
function steady(prototype: object, property: string): void {
  const moments = new WeakMap<object, number>();
  Object.defineProperty(prototype, property, {
    get(this: object) {
      const moment = moments.get(this);
      return moment === undefined ? null : Date.now() - (performance.now() - moment);
    },
    set(this: object, present: number | null) {
      if (present === null) moments.delete(this);
      else moments.set(this, performance.now());
    },
  });
}

/**
 * Mends five things of kafkajs 2.2.4 that no option reaches. Its request queue re-arms a timer with a negative delay for
 * ever, also when nothing is pending: thousands of wake-ups a second and a warning on Node 24. It looks for late
 * answers ten times a second on each connection. Nothing tells the generation of a group in time. When a heartbeat tells
 * that the group rebalances, fetches from other brokers are waited for. And heartbeats and timeouts go by the wall clock:
 * set back by ten minutes, a member would send no heartbeat for so long, and lose its place without knowing. Harmless to
 * call again.
 */
export function installKafkajsGuards(): void {
  if (installed) return;
  installed = true;
  const require = createRequire(import.meta.url);
  const prototypes = {
    queue: (require('kafkajs/src/network/requestQueue') as { prototype: unknown }).prototype,
    group: (require('kafkajs/src/consumer/consumerGroup') as { prototype: unknown }).prototype,
    request: (require('kafkajs/src/network/requestQueue/socketRequest') as { prototype: unknown }).prototype,
  } as Prototypes;
  const schedule = prototypes.queue.scheduleCheckPendingRequests;
  prototypes.queue.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this);
  };
  steady(prototypes.group, 'lastRequest');
  steady(prototypes.request, 'sentAt');
  prototypes.queue.scheduleRequestTimeoutCheck = watchForLateAnswers;
  const beat = prototypes.group.heartbeat;
  prototypes.group.heartbeat = async function (options) {
    try {
      await beat.call(this, options);
    } catch (error) {
      endFetchWaits(this.cluster);
      throw error;
    }
  };
  const join = prototypes.group.joinAndSync;
  prototypes.group.joinAndSync = async function () {
    const listeners = listenersOf(this);
    for (const listener of listeners) await listener.leaving();
    await join.call(this);
    for (const listener of listeners) listener.joined(this);
  };
}
