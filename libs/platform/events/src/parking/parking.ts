import { limits } from '@causeway/limits';
import { boundedCopy } from '../envelope/dead-letter.js';
import type { RawEvent } from '../envelope/records.js';
import type { ParkingConsumer } from './append-parked.js';
import { canBeParked, type ParkedEvent } from './parked-event.js';
import { ParkedLanes } from './parked-lanes.js';
import type { PostgresParking } from './postgres-parking.js';
import { parkedDelay, type ParkingSchedule } from './retry-delay.js';

/** `parked`, or why an event could not be: its lane or the partition holds as many as are allowed, or no row can hold it. */
export type ParkOutcome = 'parked' | 'lane_full' | 'parking_full' | 'unparkable';

/** The parked lanes of one subscription: rows in the owner's schema, and what this process knows of them. */
export class Parking {
  readonly lanes = new ParkedLanes();

  constructor(
    readonly store: PostgresParking,
    readonly consumer: ParkingConsumer,
    readonly schedule: ParkingSchedule,
  ) {}

  isParked(raw: RawEvent): boolean {
    return this.lanes.has(raw.partition, raw.key ?? '');
  }

  /**
   * Puts an event at the end of its lane, which is parked from then on.
   * @param passing whether trying again may help
   * @throws {PostgresError}
   */
  async park(raw: RawEvent, code: string, passing: boolean): Promise<ParkOutcome> {
    const { partition, key = '' } = raw;
    if (!canBeParked(raw)) return 'unparkable';
    const known = this.lanes.has(partition, key);
    if (!known && this.lanes.count(partition) >= limits.parkedLanesPerPartition.value) return 'parking_full';
    const delayMs = passing ? parkedDelay(1, this.schedule) : undefined;
    const there = await this.store.append(this.consumer, boundedCopy(raw), code, delayMs);
    if (!there) return 'lane_full';
    this.lanes.add(partition, key);
    return 'parked';
  }

  /** Notes that a delayed try failed. @throws {PostgresError} */
  async failedAgain({ id, rounds }: ParkedEvent, code: string, passing: boolean): Promise<void> {
    const delayMs = passing ? parkedDelay(rounds + 2, this.schedule) : undefined;
    await this.store.failed(id, code, delayMs);
  }
}
