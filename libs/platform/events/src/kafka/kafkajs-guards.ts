import { createRequire } from 'node:module';

/** What a consumer group of kafkajs looks like from the inside, as far as it is used here. */
export interface GroupInternals {
  readonly generationId: number;
  readonly assigners: readonly object[];
  readonly seekOffset: { clear(): void };
  readonly offsetManager: OffsetManager | null;
  readonly cluster: {
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
    scheduleRequestTimeoutCheck(this: TimeoutCheck): void;
  };
  readonly group: { joinAndSync(this: GroupInternals): Promise<void> };
  readonly request: object;
}

/** What a request queue looks like from the inside, as far as its check for late answers needs it. */
interface TimeoutCheck {
  readonly enforceRequestTimeout: boolean;
  readonly inflight: ReadonlyMap<
    unknown,
    { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void }
  >;
  requestTimeoutIntervalId: NodeJS.Timeout;
  isConnected(): boolean;
  destroy(): void;
}

/** How exact the bound of a request is. kafkajs looks ten times a second, on each connection. */
const timeoutCheckMs = 1_000;

function scheduleTimeoutCheck(this: TimeoutCheck): void {
  if (!this.enforceRequestTimeout) return;
  this.destroy();
  this.requestTimeoutIntervalId = setInterval(() => {
    const now = Date.now();
    for (const request of this.inflight.values()) {
      if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
    }
    if (!this.isConnected()) this.destroy();
  }, timeoutCheckMs);
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
 * Mends four things of kafkajs 2.2.4 that no option reaches. Its request queue re-arms a timer with a negative delay for
 * ever, also when nothing is pending: thousands of wake-ups a second and a warning on Node 24. It looks for late
 * answers ten times a second on each connection. Nothing tells the generation of a group in time. And heartbeats and
 * timeouts go by the wall clock: set back by ten minutes, a member would send no heartbeat for so long, and lose its
 * place without knowing. Harmless to call again.
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
  prototypes.queue.scheduleRequestTimeoutCheck = scheduleTimeoutCheck;
  const join = prototypes.group.joinAndSync;
  prototypes.group.joinAndSync = async function () {
    const listeners = listenersOf(this);
    for (const listener of listeners) await listener.leaving();
    await join.call(this);
    for (const listener of listeners) listener.joined(this);
  };
}
