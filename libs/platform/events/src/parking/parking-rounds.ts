import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import type { ConsumerMetrics } from '../consuming/consumer-metrics.js';
import type { PartitionSet } from '../consuming/partition-set.js';
import { pause } from '../consuming/retry.js';
import type { Parking } from './parking.js';
import type { ParkedLane } from './postgres-parking.js';

const restoreRetryMs = 500;
const expirePerRound = 100;
/** While nothing is parked, as far as this process knows, every so many polls look anyway. */
const idlePolls = 8;

/**
 * Keeps the parked lanes of a member in step with the rows: restores them when partitions are gained, gives a lane its
 * turn when its oldest event is due or an operator took its last one away, and tells how many there are and how old.
 */
export class ParkingRounds<T> {
  private timer: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();
  private polls = 0;

  constructor(
    private readonly parking: Parking,
    private readonly set: PartitionSet<T>,
    private readonly metrics: ConsumerMetrics,
    private readonly logger: Logger,
  ) {
    this.pollLater();
  }

  /**
   * Learns what is parked in partitions just gained; to be awaited before an event of theirs is handled, or it would
   * overtake. Keeps trying as long as one of them is here.
   */
  async restore(partitions: readonly number[]): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const here = partitions.filter((partition) => this.set.get(partition) !== undefined);
      if (here.length === 0) return;
      try {
        for (const { partition, lane } of await this.parking.store.lanes(this.parking.consumer, here))
          this.parking.lanes.add(partition, lane);
        return;
      } catch (err) {
        this.logger.warn({ err, ...this.parking.consumer }, 'parked lanes could not be read, trying again');
      }
      await pause(restoreRetryMs, this.stopping.signal);
    }
  }

  stop(): void {
    this.stopping.abort();
    clearTimeout(this.timer);
    this.tell([]);
  }

  private pollLater(): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(
      () => void this.poll().finally(() => this.pollLater()),
      this.parking.schedule.pollMs,
    );
    this.timer.unref();
  }

  private async poll(): Promise<void> {
    this.polls += 1;
    if (this.parking.lanes.size === 0 && this.polls % idlePolls !== 0) return this.tell([]);
    const partitions = this.set.all().map((consumer) => consumer.partition);
    if (partitions.length === 0) return this.tell([]);
    try {
      const known = [...this.parking.lanes.all()];
      const lanes = await this.lanes(partitions);
      if (this.stopping.signal.aborted) return;
      this.tell(lanes);
      this.giveTurns(lanes, known);
    } catch (err) {
      this.logger.warn({ err, ...this.parking.consumer }, 'parked lanes could not be read, trying again');
    }
  }

  private giveTurns(
    lanes: readonly ParkedLane[],
    known: readonly { partition: number; lane: string }[],
  ): void {
    const there = new Set(lanes.map(({ partition, lane }) => `${partition} ${lane}`));
    for (const { partition, lane, due } of lanes) {
      const consumer = this.set.get(partition);
      if (consumer === undefined) continue;
      // One that an owner before this one parked when it was no longer its to park.
      this.parking.lanes.add(partition, lane);
      if (due) consumer.turn(lane);
    }
    for (const { partition, lane } of known)
      if (!there.has(`${partition} ${lane}`)) this.set.get(partition)?.turn(lane);
  }

  private async lanes(partitions: readonly number[]): Promise<ParkedLane[]> {
    const { store, consumer } = this.parking;
    const lanes = await store.lanes(consumer, partitions);
    if (lanes.every(({ age }) => age * 1_000 < limits.parkedRetentionMs.value)) return lanes;
    await this.expire(partitions);
    return store.lanes(consumer, partitions);
  }

  private async expire(partitions: readonly number[]): Promise<void> {
    const { store, consumer } = this.parking;
    for (const code of await store.expire(consumer, partitions, expirePerRound)) {
      this.metrics.parkedExpired.inc({ ...consumer, code });
      this.logger.error({ ...consumer, code }, 'a parked event has expired');
    }
  }

  private tell(lanes: readonly ParkedLane[]): void {
    const oldest = lanes.reduce((most, { age }) => Math.max(most, age), 0);
    this.metrics.parkedLanes.set(lanes.length, { ...this.parking.consumer });
    this.metrics.parkedAge.set(oldest, { ...this.parking.consumer });
  }
}
