import type { RawEvent } from '../envelope/records.js';
import type { Parking } from '../parking/parking.js';
import { EventHandler, type EventHandlerOptions, type Ownership } from './event-handler.js';
import { backoff, pause } from './retry.js';

export interface ProcessorOptions<T> extends EventHandlerOptions<T> {
  readonly partition: number;
  /** Makes the event durable in the dead-letter topic, or rejects. */
  readonly deadLetter: (raw: RawEvent, code: string) => Promise<void>;
  /** Where lanes are parked; without it an event that cannot be handled leaves its lane. */
  readonly parking: Parking | undefined;
}

const setAsideBackoffMs = 200;

/** Brings single events of one partition to an outcome: handled, parked, or in the dead-letter topic. */
export class EventProcessor<T> {
  private readonly handler: EventHandler<T>;

  private readonly labels: { readonly topic: string; readonly group: string };

  constructor(private readonly options: ProcessorOptions<T>) {
    this.labels = { topic: options.subscribe.topic.name, group: options.subscribe.group };
    this.handler = new EventHandler(options);
  }

  /** True when the event has its outcome; false when the signal was aborted before. Never throws. */
  async process(raw: RawEvent, owner: Ownership): Promise<boolean> {
    const { parking, subscribe } = this.options;
    if (parking?.isParked(raw) === true) return this.setAside(raw, 'lane_parked', true, owner.signal);
    const outcome = await this.handler.run(raw, owner, subscribe.retry.attempts);
    if (outcome.state !== 'failed') return outcome.state === 'handled';
    return this.setAside(raw, outcome.code, outcome.passing, owner.signal);
  }

  /**
   * The turn of a parked lane: tries its oldest events in order, each once, until one is not due or fails. The lane is
   * free when nothing of it is left: until then the caller gives no other event of it. Never throws.
   */
  async turn(lane: string, owner: Ownership): Promise<void> {
    const { parking, partition, logger } = this.options;
    if (parking === undefined) return;
    try {
      while (!owner.signal.aborted && (await this.tryOldest(parking, lane, owner)));
    } catch (err) {
      logger.warn({ err, ...this.labels, partition }, 'a parked lane could not be looked at, trying again');
    }
  }

  /** What is parked is the next owner's to know. */
  release(): void {
    this.options.parking?.lanes.forget(this.options.partition);
  }

  /** True when the lane may go on. */
  private async tryOldest(parking: Parking, lane: string, owner: Ownership): Promise<boolean> {
    const { partition } = this.options;
    const oldest = await parking.store.oldest(parking.consumer, partition, lane);
    if (owner.signal.aborted) return false;
    if (oldest === undefined) parking.lanes.delete(partition, lane);
    if (oldest?.due !== true) return false;
    const outcome = await this.handler.run(oldest.raw, owner, 1);
    if (outcome.state === 'handled') await parking.store.remove(oldest.id);
    if (outcome.state === 'failed') await parking.failedAgain(oldest, outcome.code, outcome.passing);
    return outcome.state === 'handled';
  }

  /** Tries until it is parked or a dead letter: an event is never skipped without a trace. */
  private async setAside(
    raw: RawEvent,
    code: string,
    passing: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { logger } = this.options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.parkOrBury(raw, code, passing);
        return true;
      } catch (err) {
        logger.error({ err, ...this.labels, code }, 'event could not be set aside, trying again');
        await pause(backoff(attempt + 1, setAsideBackoffMs), signal);
      }
    }
    return false;
  }

  private async parkOrBury(raw: RawEvent, code: string, passing: boolean): Promise<void> {
    const { parking, deadLetter, logger, metrics } = this.options;
    const outcome = (await parking?.park(raw, code, passing)) ?? code;
    if (outcome === 'parked') {
      metrics.handled.inc({ ...this.labels, outcome });
      metrics.parked.inc({ ...this.labels, code });
      return;
    }
    if (parking !== undefined) logger.error({ ...this.labels, code: outcome }, 'event could not be parked');
    await deadLetter(raw, outcome);
    metrics.handled.inc({ ...this.labels, outcome: 'dead_lettered' });
    metrics.deadLettered.inc({ ...this.labels, code: outcome });
  }
}
