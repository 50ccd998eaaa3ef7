import { limits } from '@causeway/limits';
import { runWithTraceparent, type Logger } from '@causeway/telemetry';
import type { HandleContext, IncomingEvent, SubscribeOptions } from '../bus.js';
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

const deadLetterBackoffMs = 200;

/** Brings single events of one partition to an outcome: handled, or in the dead-letter topic. */
export class EventProcessor<T> {
  private readonly parked = new Set<string>();

  constructor(private readonly options: ProcessorOptions<T>) {}

  /** True when the event has its outcome; false when the signal was aborted before. Never throws. */
  async process(raw: RawEvent, context: HandleContext): Promise<boolean> {
    if (this.parked.has(raw.key ?? '')) return this.toDeadLetters(raw, 'lane_parked', context.signal);
    const decoded = decodeEvent(this.options.subscribe.topic, raw);
    if (!decoded.ok) return this.poison(raw, decoded.code, context.signal);
    const handled = await runWithTraceparent(decoded.event.traceparent, () =>
      this.handle(decoded.event, context),
    );
    if (handled || context.signal.aborted) return handled;
    return this.poison(raw, 'handler_failed', context.signal);
  }

  private get labels() {
    return { topic: this.options.subscribe.topic.name, group: this.options.subscribe.group };
  }

  /** The lanes die with the assignment. */
  release(): void {
    this.options.metrics.parkedLanes.dec(this.labels, this.parked.size);
    this.parked.clear();
  }

  private async handle(event: IncomingEvent<T>, context: HandleContext): Promise<boolean> {
    const { subscribe, handlerDeadlineMs, logger, metrics } = this.options;
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        await withinDeadline(
          (signal) => subscribe.handle(event, { ...context, signal }),
          handlerDeadlineMs,
          context.signal,
        );
        metrics.handled.inc({ ...this.labels, outcome: 'handled' });
        metrics.seconds.observe((performance.now() - started) / 1_000, this.labels);
        return true;
      } catch (err) {
        if (context.signal.aborted) return false;
        metrics.retried.inc(this.labels);
        logger.warn({ err, ...this.labels, attempt }, 'event handler failed');
      }
      if (attempt >= subscribe.retry.attempts) return false;
      await pause(backoff(attempt + 1, subscribe.retry.backoffMs), context.signal);
      if (context.signal.aborted) return false;
    }
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
