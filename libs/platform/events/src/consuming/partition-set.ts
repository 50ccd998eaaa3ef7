import type { Logger } from '@causeway/telemetry';
import type { SubscribeOptions } from '../bus.js';
import type { PartitionConsumer } from './partition-consumer.js';

/** A position that is further than what was committed. */
export interface Position {
  readonly partition: number;
  readonly offset: bigint;
  readonly generation: number;
}

type Callbacks = Pick<SubscribeOptions<never>, 'onAssigned' | 'onRevoked'>;

/** The partitions that one member has now, and what was committed of them. */
export class PartitionSet<T> {
  private readonly consumers = new Map<number, PartitionConsumer<T>>();
  private readonly committed = new Map<number, bigint>();
  private told: Promise<void> = Promise.resolve();

  constructor(
    private readonly make: (partition: number, generation: number) => PartitionConsumer<T>,
    private readonly callbacks: Callbacks,
    private readonly logger: Logger,
  ) {}

  get(partition: number): PartitionConsumer<T> | undefined {
    return this.consumers.get(partition);
  }

  /** Events that wait or are at work, in all partitions together. */
  get queued(): number {
    return this.all().reduce((sum, consumer) => sum + consumer.queued, 0);
  }

  all(): PartitionConsumer<T>[] {
    return [...this.consumers.values()];
  }

  /**
   * Makes the set equal to `partitions`, at once: what stays goes on undisturbed, what is lost is stopped (with its
   * handlers given `graceMs`), what is gained begins after `onAssigned`. Callbacks run one after another.
   */
  assign(partitions: readonly number[], generation: number, graceMs = 0): Promise<void> {
    const wanted = new Set(partitions);
    const lost = this.all().filter((consumer) => !wanted.has(consumer.partition));
    const gained = partitions.filter((partition) => !this.consumers.has(partition));
    const made = gained.map((partition) => this.make(partition, generation));
    for (const consumer of lost) this.consumers.delete(consumer.partition);
    for (const consumer of lost) this.committed.delete(consumer.partition);
    // What is lost keeps the generation of before: its handlers must fail at the fence.
    for (const consumer of this.consumers.values()) consumer.generation = generation;
    for (const consumer of made) this.consumers.set(consumer.partition, consumer);
    const stopped = Promise.all(lost.map((consumer) => consumer.stop(graceMs)));
    this.told = this.told.then(async () => {
      await stopped;
      if (lost.length > 0) {
        const partitionsLost = lost.map((consumer) => consumer.partition);
        await this.tell(() => this.callbacks.onRevoked?.(partitionsLost));
      }
      if (gained.length > 0) await this.tell(() => this.callbacks.onAssigned?.([...gained], generation));
      for (const consumer of made) consumer.release();
    });
    return this.told;
  }

  /** Stops the handling of these partitions, waiting for handlers at work, so that their positions are final. */
  async drain(partitions: readonly number[], graceMs: number): Promise<void> {
    await Promise.all(partitions.map((partition) => this.consumers.get(partition)?.stop(graceMs)));
  }

  /** What has become done since the last commit. */
  positions(): Position[] {
    return this.all().flatMap(({ partition, position, generation }) =>
      position === undefined || position === this.committed.get(partition)
        ? []
        : [{ partition, offset: position, generation }],
    );
  }

  /**
   * Events that are there and not yet done.
   * @param ends the next offset of each partition
   * @param start where a partition begins of which nothing was taken yet
   */
  lag(ends: ReadonlyMap<number, bigint>, start: (partition: number) => bigint | undefined): number {
    let behind = 0n;
    for (const { partition, unfinished } of this.consumers.values()) {
      const end = ends.get(partition);
      const from = unfinished ?? start(partition);
      if (end !== undefined && from !== undefined && end > from) behind += end - from;
    }
    return Number(behind);
  }

  markCommitted(positions: readonly Position[]): void {
    for (const { partition, offset } of positions) {
      if (this.consumers.has(partition)) this.committed.set(partition, offset);
    }
  }

  private async tell(callback: () => void | Promise<void>): Promise<void> {
    try {
      await callback();
    } catch (err) {
      this.logger.error({ err }, 'a callback about assigned partitions failed');
    }
  }
}
