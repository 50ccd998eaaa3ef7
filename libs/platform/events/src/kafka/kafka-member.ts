import { randomUUID } from 'node:crypto';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { Logger } from '@causeway/telemetry';
import { CommitTimer } from '../consuming/commit-timer.js';
import type { PartitionSet } from '../consuming/partition-set.js';
import { pause } from '../consuming/retry.js';
import { EventBusError } from '../errors.js';
import type { JoinRequest, Member } from '../event-log.js';
import type { KafkaClients } from './client.js';
import { endFetchWaits } from './fetch-waits.js';
import type { GroupInternals, JoinListener } from './kafkajs-guards.js';
import { rawEvent } from './raw-event.js';
import { stickyAssigner } from './sticky-assigner.js';
import { latestOffsets } from './topics.js';
import { readAsEvents } from './wire/install-codecs.js';

/** Several may be late before the broker gives a member up. */
const heartbeatsPerSession = 5;
const commitMs = 500;
/** A partition that resumes is asked for with the next fetch: while one is paused, fetches do not wait for long. */
const pausedWaitMs = 250;
const restartMs = 500;
const leaveMs = 5_000;
const fetchBytes = 256 * 1024;

/**
 * A member of a consumer group on one topic. kafkajs only fetches and enqueues; handling, positions and commits are
 * apart from it, so that neither a slow handler nor a commit delays a heartbeat or a rejoin. A broadcast member is
 * alone in a group with a random name and never commits.
 */
export class KafkaMember<T> implements Member, JoinListener {
  private readonly set: PartitionSet<T>;
  private readonly shared: boolean;
  private readonly heartbeatMs: number;
  private readonly paused = new Set<number>();
  private readonly closing = new AbortController();
  private readonly commits = new CommitTimer(() => this.commit(), commitMs);
  private consumer: Consumer | undefined;
  private group: GroupInternals | undefined;
  private starts = new Map<number, bigint>();
  private generation = -1;
  private since: number | undefined;
  private lastBeat = -Infinity;
  private leftAt = performance.now();
  private onJoined: () => void = () => undefined;

  constructor(
    private readonly clients: KafkaClients,
    private readonly request: JoinRequest<T>,
    private readonly sessionTimeoutMs: number,
    private readonly logger: Logger,
    private readonly release: string,
  ) {
    this.shared = request.mode === 'shared';
    this.heartbeatMs = sessionTimeoutMs / heartbeatsPerSession;
    readAsEvents(request.topic);
    this.set = request.createSet({
      // Half the timeout, after which the broker gives partitions away: without a heartbeat nothing is begun.
      mayHandle: () => !this.shared || performance.now() - this.lastBeat < sessionTimeoutMs / 2,
      onRoom: (partition) => this.resume(partition),
      onDone: () => {
        if (this.shared) this.commits.due();
      },
    });
  }

  /** Resolves with the first assignment; tries until the bus closes. */
  async join(): Promise<void> {
    const { signal } = this.request;
    const joined = new Promise<void>((resolve) => (this.onJoined = resolve));
    const gaveUp = new Promise<never>((_, reject) => {
      const refuse = (): void => reject(new EventBusError('bus_closed', 'the event bus is closed'));
      if (signal.aborted) refuse();
      signal.addEventListener('abort', refuse, { once: true });
    });
    void this.start();
    try {
      await Promise.race([joined, gaveUp]);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async leaving(): Promise<void> {
    this.leftAt = performance.now();
    await this.commit();
  }

  joined(group: GroupInternals): void {
    const { topic } = this.request;
    const assigned = group.assigned().find((one) => one.topic === topic)?.partitions ?? [];
    if (this.closing.signal.aborted) return this.keepOnly(assigned, group.generationId);
    this.group = group;
    this.generation = group.generationId;
    this.since ??= group.generationId;
    this.lastBeat = performance.now();
    const partitions = assigned;
    const kept = new Map(this.set.all().map((consumer) => [consumer.partition, consumer.next]));
    void this.set.assign(partitions, group.generationId);
    // A seek left over from an earlier assignment could skip what another member gave back.
    group.seekOffset.clear();
    for (const partition of partitions) {
      const next = kept.get(partition) ?? this.starts.get(partition);
      if (next !== undefined) group.seek({ topic, partition, offset: next.toString() });
    }
    for (const partition of this.paused)
      if (this.set.get(partition)?.full !== true) this.paused.delete(partition);
    group.resume([{ topic, partitions: partitions.filter((partition) => !this.paused.has(partition)) }]);
    this.setWait();
    for (const consumer of this.set.all()) consumer.wake();
    this.request.onRebalanced(performance.now() - this.leftAt);
    this.onJoined();
  }

  async lag(): Promise<number> {
    const { group } = this;
    const { topic } = this.request;
    const partitions = this.set.all().map(({ partition }) => ({ partition }));
    if (group === undefined || partitions.length === 0) return 0;
    const [ends] = await group.cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }]);
    return this.set.lag(
      new Map(ends?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)])),
      (partition) => committedPosition(group, topic, partition),
    );
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    this.commits.stop();
    const partitions = this.set.all().map((consumer) => consumer.partition);
    await this.set.drain(partitions, this.request.graceMs);
    await this.commit();
    await this.set.assign([], this.generation);
    await this.discard(this.consumer);
  }

  /** Runs one kafkajs consumer after another: after a crash kafkajs is not asked to mend itself. */
  private async start(): Promise<void> {
    while (!this.closing.signal.aborted) {
      try {
        if (!this.shared && this.starts.size === 0) {
          this.starts = await latestOffsets(this.clients, this.request.topic);
        }
        await this.runConsumer();
        return;
      } catch (err) {
        this.logger.warn({ err }, 'kafka group could not be joined, trying again');
      }
      await pause(restartMs, this.closing.signal);
    }
  }

  private async runConsumer(): Promise<void> {
    const { topic, group, partitions } = this.request;
    const assigner = Object.assign(
      stickyAssigner(topic, partitions, () => ({
        generation: this.generation,
        owned: this.set.all().map((consumer) => consumer.partition),
        draining: this.closing.signal.aborted,
        release: this.release,
        since: this.since,
      })),
      { leaving: () => this.leaving(), joined: (internals: GroupInternals) => this.joined(internals) },
    );
    const consumer = this.clients.create().consumer({
      // One group per topic: kafkajs expects all members of a group to subscribe to the same topics.
      groupId: this.shared ? `${group}.${topic}` : `${group}.broadcast.${randomUUID()}`,
      partitionAssigners: [() => assigner],
      sessionTimeout: this.sessionTimeoutMs,
      rebalanceTimeout: 10_000,
      // Heartbeats go out between two fetches, and with each of them when it has waited as long as it may.
      heartbeatInterval: this.heartbeatMs * 0.9,
      maxWaitTimeInMs: this.longestWaitMs,
      // More than the queue takes would be thrown away and fetched again.
      maxBytesPerPartition: fetchBytes,
      allowAutoTopicCreation: false,
      retry: { retries: 4, restartOnFailure: async () => false },
    });
    this.consumer = consumer;
    consumer.on(consumer.events.HEARTBEAT, () => this.beat());
    consumer.on(consumer.events.CRASH, () => void this.restart(consumer));
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: this.shared });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async (payload) => this.enqueue(consumer, payload),
      });
    } catch (error) {
      await this.discard(consumer);
      throw error;
    }
  }

  /** Hands a batch over as far as the queue takes it; kafkajs fetches the rest again when the partition resumes. */
  private enqueue(consumer: Consumer, { batch, resolveOffset }: EachBatchPayload): void {
    const queue = this.set.get(batch.partition);
    if (queue === undefined || consumer !== this.consumer) return;
    let lastTaken: string | undefined;
    for (const message of batch.messages) {
      if (!queue.offer(rawEvent(batch.partition, message))) {
        this.paused.add(batch.partition);
        this.setWait();
        consumer.pause([{ topic: this.request.topic, partitions: [batch.partition] }]);
        break;
      }
      lastTaken = message.offset;
    }
    if (lastTaken !== undefined) resolveOffset(lastTaken);
  }

  /** Rebalanced while it drains: what others have now is neither handled nor committed here any more. */
  private keepOnly(partitions: readonly number[], generation: number): void {
    const kept = this.set.all().filter(({ partition }) => partitions.includes(partition));
    void this.set.assign(
      kept.map(({ partition }) => partition),
      generation,
    );
  }

  private resume(partition: number): void {
    if (!this.paused.delete(partition) || this.closing.signal.aborted) return;
    this.group?.resume([{ topic: this.request.topic, partitions: [partition] }]);
    this.setWait();
  }

  private get longestWaitMs(): number {
    return Math.min(this.request.longPollMs, this.heartbeatMs);
  }

  private setWait(): void {
    if (this.group === undefined) return;
    this.group.maxWaitTime =
      this.paused.size > 0 ? Math.min(pausedWaitMs, this.longestWaitMs) : this.longestWaitMs;
  }

  private beat(): void {
    this.lastBeat = performance.now();
    for (const consumer of this.set.all()) consumer.wake();
  }

  /** The membership is gone; others will get the partitions of a shared group. */
  private async restart(consumer: Consumer): Promise<void> {
    if (consumer !== this.consumer || this.closing.signal.aborted) return;
    this.consumer = undefined;
    this.group = undefined;
    if (this.shared) void this.set.assign([], this.generation);
    await this.discard(consumer);
    await pause(restartMs, this.closing.signal);
    await this.start();
  }

  /** Commits through the generation under which the positions were reached; a stale one is refused by the broker. */
  private async commit(): Promise<void> {
    const positions = this.shared ? this.set.positions() : [];
    const manager = this.group?.offsetManager;
    if (positions.length === 0) return;
    if (manager == null) return this.commits.due();
    const partitions = positions.map(({ partition, offset }) => ({ partition, offset: offset.toString() }));
    try {
      await manager.commitOffsets({ topics: [{ topic: this.request.topic, partitions }] });
      this.set.markCommitted(positions);
    } catch (err) {
      this.logger.debug({ err }, 'positions could not be committed, trying again');
      this.commits.due();
    }
  }

  private async discard(consumer: Consumer | undefined): Promise<void> {
    const gone = consumer?.disconnect().catch(() => undefined);
    // It asks for nothing more, but would not leave before the fetch under way has come back.
    if (this.group !== undefined) endFetchWaits(this.group.cluster);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, leaveMs)));
    await Promise.race([gone, late]);
    clearTimeout(timer);
  }
}

/** Where a partition was taken up, or undefined as long as that is not known. */
function committedPosition(group: GroupInternals, topic: string, partition: number): bigint | undefined {
  const offset = BigInt(group.offsetManager?.committedOffsets()[topic]?.[partition] ?? -1);
  return offset < 0n ? undefined : offset;
}
