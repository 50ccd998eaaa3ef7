import { runWithTraceparent, type Logger } from '@causeway/telemetry';
import type { IncomingEvent, SubscribeOptions } from '../bus.js';
import { decodeEvent } from '../envelope/decode.js';
import type { RawEvent } from '../envelope/records.js';
import type { ConsumerMetrics } from './consumer-metrics.js';
import { backoff, pause, withinDeadline } from './retry.js';

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

const doubtMs = 100;

/** What became of an event. `passing`: another try, later, may help. */
export type Outcome =
  | { readonly state: 'handled' | 'aborted' }
  | { readonly state: 'failed'; readonly code: string; readonly passing: boolean };

export interface EventHandlerOptions<T> {
  readonly subscribe: SubscribeOptions<T>;
  readonly logger: Logger;
  readonly metrics: ConsumerMetrics;
  /** How long one try of the handler may take, milliseconds. */
  readonly handlerDeadlineMs: number;
}

/** Opens an event and gives it to the subscriber's handler, a bounded number of times. */
export class EventHandler<T> {
  constructor(private readonly options: EventHandlerOptions<T>) {}

  /** Never throws. */
  async run(raw: RawEvent, owner: Ownership, attempts: number): Promise<Outcome> {
    const decoded = decodeEvent(this.options.subscribe.topic, raw);
    if (!decoded.ok) return { state: 'failed', code: decoded.code, passing: false };
    return runWithTraceparent(decoded.event.traceparent, () => this.handle(decoded.event, owner, attempts));
  }

  private async handle(event: IncomingEvent<T>, owner: Ownership, attempts: number): Promise<Outcome> {
    const { subscribe, handlerDeadlineMs, logger, metrics } = this.options;
    const labels = { topic: subscribe.topic.name, group: subscribe.group };
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
        metrics.handled.inc({ ...labels, outcome: 'handled' });
        metrics.seconds.observe((performance.now() - started) / 1_000, labels);
        return { state: 'handled' };
      } catch (err) {
        if (lost.aborted) return { state: 'aborted' };
        metrics.retried.inc(labels);
        logger.warn({ err, ...labels, attempt }, 'event handler failed');
      }
      await certain(owner);
      if (lost.aborted) return { state: 'aborted' };
      if (attempt >= attempts) return { state: 'failed', code: 'handler_failed', passing: true };
      await pause(backoff(attempt + 1, subscribe.retry.backoffMs), lost);
      if (lost.aborted) return { state: 'aborted' };
    }
  }
}

/**
 * Waits until the partition is surely here or surely lost. A member that stood still fails at fences that its heir has
 * raised: that is no reason to give up an event which the heir handles.
 */
async function certain(owner: Ownership): Promise<void> {
  while (!owner.mayHandle() && !owner.signal.aborted) await pause(doubtMs, owner.signal);
}
