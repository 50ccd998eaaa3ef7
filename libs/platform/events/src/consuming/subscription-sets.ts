import type { Logger } from '@causeway/telemetry';
import type { SubscribeOptions } from '../bus.js';
import type { RawEvent } from '../envelope/records.js';
import type { FeedHooks } from '../event-log.js';
import { ParkingRounds } from '../parking/parking-rounds.js';
import type { Parking } from '../parking/parking.js';
import type { ConsumerMetrics } from './consumer-metrics.js';
import { EventProcessor } from './event-processor.js';
import { PartitionConsumer } from './partition-consumer.js';
import { PartitionSet } from './partition-set.js';

export interface SubscriptionSetOptions<T> {
  readonly subscribe: SubscribeOptions<T>;
  readonly parking: Parking | undefined;
  readonly deadLetter: (raw: RawEvent, code: string) => Promise<void>;
  readonly logger: Logger;
  readonly metrics: ConsumerMetrics;
  readonly handlerDeadlineMs: number;
  readonly queueItems: number;
  readonly lanes: number;
}

/** Makes the partition set of one subscription; an engine that has to join anew asks for another one. */
export class SubscriptionSets<T> {
  private rounds: ParkingRounds<T> | undefined;
  private set: PartitionSet<T> | undefined;
  private hooks: FeedHooks | undefined;

  constructor(private readonly options: SubscriptionSetOptions<T>) {}

  /** Events that the subscription holds in this process. */
  get queued(): number {
    return this.set?.queued ?? 0;
  }

  /** Whether the member can be sure to have its partitions. */
  get isSure(): boolean {
    return this.hooks?.mayHandle() ?? false;
  }

  create(hooks: FeedHooks): PartitionSet<T> {
    this.hooks = hooks;
    return (this.set = this.createSet(hooks));
  }

  /** The subscription has ended. */
  close(): void {
    this.rounds?.stop();
    this.set = undefined;
    this.hooks = undefined;
  }

  private createSet(hooks: FeedHooks): PartitionSet<T> {
    const { subscribe, parking, logger, metrics } = this.options;
    const make = (partition: number, generation: number) => this.consumer(partition, generation, hooks);
    this.rounds?.stop();
    if (parking === undefined) return new PartitionSet(make, subscribe, logger);
    const set: PartitionSet<T> = new PartitionSet(
      make,
      {
        onAssigned: async (partitions, generation) => {
          await rounds.restore(partitions);
          await subscribe.onAssigned?.(partitions, generation);
        },
        onRevoked: (partitions) => subscribe.onRevoked?.(partitions),
      },
      logger,
    );
    const rounds = new ParkingRounds(parking, set, metrics, logger);
    this.rounds = rounds;
    return set;
  }

  private consumer(partition: number, generation: number, hooks: FeedHooks): PartitionConsumer<T> {
    return new PartitionConsumer({
      partition,
      generation,
      processor: new EventProcessor({ ...this.options, partition }),
      maxQueued: this.options.queueItems,
      maxLanes: this.options.lanes,
      mayHandle: hooks.mayHandle,
      onRoom: () => hooks.onRoom(partition),
      onDone: hooks.onDone,
    });
  }
}
