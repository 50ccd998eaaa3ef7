import { limits } from '@causeway/limits';
import { runWithTraceparent, type Logger } from '@causeway/telemetry';
import type { IncomingEvent, SubscribeOptions } from '../bus.js';
import { decodeEvent } from '../envelope/decode.js';
import type { RawEvent } from '../envelope/records.js';
import type { ConsumerMetrics } from './consumer-metrics.js';
import { backoff, pause, withinDeadline } from './retry.js';

export interface ProcessorOptions<T> {
  readonly subscribe: SubscribeOptions<T>;
  /** Makes the event durable in the dead-letter topic, or rejects. */
  readonly deadLetter: (raw: RawEvent, code: string) => Promise<void>;
  readonly logger: Logger;
  readonly metrics: ConsumerMetrics;
  /** How long one try of the handler may take, milliseconds. */
  readonly handlerDeadlineMs: number;
}

/** The partition of an event as it is now; asked anew before every try. */
export interface Ownership {
  readonly partition: number;
  /** Rises while the partition stays here through a rebalance. */
  readonly generation: number;
  /** Aborted when the partition is lost. */
  readonly signal: AbortSignal;
  /** False while this process cannot be sure that the partition is still its own. */
  mayHandle(): boolean;
}

const deadLetterBackoffMs = 200;
const doubtMs = 100;

/** Brings single events of one partition to an outcome: handled, or in the dead-letter topic. */
export class EventProcessor<T> {
  private readonly parked = new Set<string>();

  constructor(private readonly options: ProcessorOptions<T>) {}

  /** True when the event has its outcome; false when the signal was aborted before. Never throws. */
  async process(raw: RawEvent, owner: Ownership): Promise<boolean> {
    if (this.parked.has(raw.key ?? '')) return this.toDeadLetters(raw, 'lane_parked', owner.signal);
    const decoded = decodeEvent(this.options.subscribe.topic, raw);
    if (!decoded.ok) return this.poison(raw, decoded.code, owner.signal);
    const handled = await runWithTraceparent(decoded.event.traceparent, () =>
      this.handle(decoded.event, owner),
    );
    if (handled || owner.signal.aborted) return handled;
    return this.poison(raw, 'handler_failed', owner.signal);
  }

  private get labels() {
    return { topic: this.options.subscribe.topic.name, group: this.options.subscribe.group };
  }

  /** The lanes die with the assignment. */
  release(): void {
    this.options.metrics.parkedLanes.dec(this.labels, this.parked.size);
    this.parked.clear();
  }

  private async handle(event: IncomingEvent<T>, owner: Ownership): Promise<boolean> {
    const { subscribe, handlerDeadlineMs, logger, metrics } = this.options;
    const started = performance.now();
    const { partition, signal: lost } = owner;
    for (let attempt = 1; ; attempt++) {
      try {
        // The generation of now: a fence that knows a later one would refuse that of an earlier try for ever.
        const { generation } = owner;
        await withinDeadline(
          (signal) => subscribe.handle(event, { partition, generation, signal }),
          handlerDeadlineMs,
          lost,
        );
        metrics.handled.inc({ ...this.labels, outcome: 'handled' });
        metrics.seconds.observe((performance.now() - started) / 1_000, this.labels);
        return true;
      } catch (err) {
        if (lost.aborted) return false;
        metrics.retried.inc(this.labels);
        logger.warn({ err, ...this.labels, attempt }, 'event handler failed');
      }
      await this.certain(owner);
      if (lost.aborted || attempt >= subscribe.retry.attempts) return false;
      await pause(backoff(attempt + 1, subscribe.retry.backoffMs), lost);
      if (lost.aborted) return false;
    }
  }

  /**
   * Waits until the partition is surely here or surely lost. A member that stood still fails at fences that its heir has
   * raised: that is no reason to give up an event which the heir handles.
   */
  private async certain(owner: Ownership): Promise<void> {
    while (!owner.mayHandle() && !owner.signal.aborted) await pause(doubtMs, owner.signal);
  }

  private async poison(raw: RawEvent, code: string, signal: AbortSignal): Promise<boolean> {
    if (!(await this.toDeadLetters(raw, code, signal))) return false;
    if (this.options.subscribe.onPoison === 'park') this.park(raw.key ?? '');
    return true;
  }

  private park(lane: string): void {
    if (this.parked.size >= limits.parkedLaneItems.value) {
      this.options.logger.error(
        this.labels,
        'too many parked lanes; a lane goes on behind an event not handled',
      );
      return;
    }
    this.parked.add(lane);
    this.options.metrics.parkedLanes.inc(this.labels);
  }

  /** Tries until it is there: an event is never skipped without a trace. */
  private async toDeadLetters(raw: RawEvent, code: string, signal: AbortSignal): Promise<boolean> {
    const { deadLetter, logger, metrics } = this.options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await deadLetter(raw, code);
        metrics.handled.inc({ ...this.labels, outcome: 'dead_lettered' });
        metrics.deadLettered.inc({ ...this.labels, code });
        return true;
      } catch (err) {
        logger.error(
          { err, ...this.labels, code },
          'event could not be moved to the dead-letter topic, trying again',
        );
        await pause(backoff(attempt + 1, deadLetterBackoffMs), signal);
      }
    }
    return false;
  }
}
