import { limits } from '@causeway/limits';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { EventBus, OutgoingEvent, SubscribeOptions, Subscription } from './bus.js';
import { consumerMetrics, type ConsumerMetrics } from './consuming/consumer-metrics.js';
import { LagMeter } from './consuming/lag-meter.js';
import { pause } from './consuming/retry.js';
import { SubscriptionSets } from './consuming/subscription-sets.js';
import { deadLetterOf } from './envelope/dead-letter.js';
import { encodeEvent } from './envelope/encode.js';
import type { RawEvent } from './envelope/records.js';
import { EventBusError } from './errors.js';
import type { EventLog, FeedHooks } from './event-log.js';
import { parkingFor, type ParkingHome } from './parking/parking-for.js';
import type { ParkingSchedule } from './parking/retry-delay.js';
import { partitionForKey } from './partitioning/partition-for-key.js';
import { PublishQueue } from './publishing/publish-queue.js';
import { TopicPartitions } from './topic-partitions.js';
import { deadLetterTopic, type TopicContract, type TopicName } from './topic.js';

/** Bounds of one bus; the defaults are for services, tests make them small. */
export interface BusTuning {
  readonly publishDeadlineMs: number;
  readonly publishBufferItems: number;
  readonly publishBufferBytes: number;
  readonly handlerDeadlineMs: number;
  readonly queueItems: number;
  readonly lanes: number;
  /** How long handlers at work may take when their partition is given back. */
  readonly closeGraceMs: number;
  /**
   * How long a question for events may wait at the broker: the longer, the less an idle consumer costs. It ends with the
   * first event, and never lasts longer than the time between two heartbeats.
   */
  readonly longPollMs: number;
  /** How often each consumer's lag is measured. */
  readonly lagMs: number;
  readonly parking: ParkingSchedule;
}

export const defaultTuning: BusTuning = {
  publishDeadlineMs: 10_000,
  publishBufferItems: 10_000,
  publishBufferBytes: 32 * 1024 * 1024,
  handlerDeadlineMs: 60_000,
  queueItems: limits.eventQueueItems.value,
  lanes: 64,
  closeGraceMs: 5_000,
  longPollMs: 3_000,
  lagMs: 10_000,
  parking: {
    firstDelayMs: limits.parkedRetryMinMs.value,
    longestDelayMs: limits.parkedRetryMaxMs.value,
    rounds: limits.parkedRetryRounds.value,
    pollMs: limits.parkedPollMs.value,
  },
};

export interface BusContext {
  /** Who publishes: the CloudEvents source is made of it. */
  readonly clientId: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tuning: BusTuning;
  /** Where subscriptions with `onPoison: 'park'` park; without it such a subscription is refused. */
  readonly parking?: ParkingHome | undefined;
}

const unavailableRetryMs = 500;

/** The bus over any engine: contracts, envelopes, batches, retries and dead letters. */
export class LogEventBus implements EventBus {
  private readonly topics: TopicPartitions;
  private readonly queue: PublishQueue;
  private readonly published;
  private readonly refused;
  private readonly consumerMetrics: ConsumerMetrics;
  private readonly subscriptions = new Set<Subscription>();
  private readonly closing = new AbortController();
  private unknownTopicCalls = 0;

  constructor(
    private readonly log: EventLog,
    private readonly context: BusContext,
  ) {
    const { metrics, logger, tuning } = context;
    this.topics = new TopicPartitions(log);
    this.published = metrics.counter('events_published_total', 'Events made durable', ['topic']);
    this.refused = metrics.counter('events_publish_failed_total', 'Publish calls refused, by code', [
      'topic',
      'code',
    ]);
    this.consumerMetrics = consumerMetrics(metrics);
    this.queue = new PublishQueue({
      send: (batch) => log.append(batch),
      maxBatchItems: limits.eventBatchItems.value,
      maxBatchBytes: limits.eventBytes.value,
      maxItems: tuning.publishBufferItems,
      maxBytes: tuning.publishBufferBytes,
      deadlineMs: tuning.publishDeadlineMs,
      onRetry: (err) => logger.warn({ err }, 'event log did not take a batch, trying again'),
    });
  }

  async publish<T>(topic: TopicContract<T>, events: readonly OutgoingEvent<T>[]): Promise<void> {
    try {
      const partitions = await this.partitionsInTime(topic);
      const source = `/causeway/${this.context.clientId}`;
      await this.queue.publish(events.map((event) => encodeEvent(topic, event, { source, partitions })));
      this.published.inc({ topic: topic.name }, events.length);
    } catch (error) {
      const code = error instanceof EventBusError ? error.code : 'unexpected';
      this.refused.inc({ topic: topic.name, code });
      throw error;
    }
  }

  async subscribe<T>(options: SubscribeOptions<T>): Promise<Subscription> {
    const sets = this.setsOf(options);
    const partitions = await this.whenAvailable(() => this.topics.of(options.topic));
    await this.whenAvailable(() => this.topics.of(deadLetterTopic(options.topic)));
    const labels = { topic: options.topic.name, group: options.group };
    const { lag, queued, rebalances, rebalanceSeconds } = this.consumerMetrics;
    const request = {
      topic: options.topic.name,
      group: options.group,
      mode: options.mode,
      partitions,
      graceMs: this.context.tuning.closeGraceMs,
      longPollMs: this.context.tuning.longPollMs,
      createSet: (hooks: FeedHooks) => sets.create(hooks),
      onRebalanced: (ms: number) => {
        rebalances.inc(labels);
        rebalanceSeconds.observe(ms / 1_000, labels);
      },
      signal: this.closing.signal,
    };
    const joined = await this.log.join<T>(request).catch((error: unknown) => {
      sets.close();
      throw error;
    });
    const { tuning, logger } = this.context;
    const meter = new LagMeter(
      () => joined.lag(),
      (events) => {
        lag.set(events, labels);
        queued.set(sets.queued, labels);
      },
      tuning.lagMs,
      logger,
    );
    meter.start();
    const subscription: Subscription = {
      isSure: () => sets.isSure,
      close: async () => {
        this.subscriptions.delete(subscription);
        meter.stop();
        await joined.close();
        sets.close();
        queued.set(0, labels);
      },
    };
    this.subscriptions.add(subscription);
    return subscription;
  }

  async partitionCount(topic: TopicName): Promise<number> {
    return this.available(() => this.topics.of(topic));
  }

  async partitionOf(topic: TopicName, key: string): Promise<number> {
    return partitionForKey(key, await this.partitionCount(topic));
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await Promise.allSettled([...this.subscriptions].map((subscription) => subscription.close()));
    await this.queue.close();
    await this.log.close();
  }

  private setsOf<T>(options: SubscribeOptions<T>): SubscriptionSets<T> {
    const { logger, tuning, parking } = this.context;
    return new SubscriptionSets({
      ...tuning,
      subscribe: options,
      parking: parkingFor(options, parking, tuning.parking),
      deadLetter: (raw, code) => this.deadLetter(options, raw, code),
      logger,
      metrics: this.consumerMetrics,
    });
  }

  private async deadLetter<T>(options: SubscribeOptions<T>, raw: RawEvent, code: string): Promise<void> {
    const { name } = deadLetterTopic(options.topic);
    const partitions = await this.topics.of(deadLetterTopic(options.topic));
    const to = {
      topic: name,
      partitions,
      sealed: options.topic.sealed === true,
      maxBytes: limits.eventBytes.value,
    };
    await this.queue.publish([deadLetterOf(raw, { code, group: options.group }, to)]);
  }

  /** As `topics.of`, within the deadline of a publish call and with as few calls waiting as may be buffered. */
  private async partitionsInTime(topic: TopicName): Promise<number> {
    if (this.closing.signal.aborted) throw new EventBusError('bus_closed', 'the event bus is closed');
    if (this.unknownTopicCalls >= this.context.tuning.publishBufferItems) {
      throw new EventBusError('publish_buffer_full', 'too many events wait to be published');
    }
    this.unknownTopicCalls += 1;
    const deadline = performance.now() + this.context.tuning.publishDeadlineMs;
    try {
      return await this.whenAvailable(() => this.topics.of(topic), deadline);
    } finally {
      this.unknownTopicCalls -= 1;
    }
  }

  /** Tries until the engine is there, the deadline has passed or the bus is closed. */
  private async whenAvailable<R>(ask: () => Promise<R>, deadline = Infinity): Promise<R> {
    for (;;) {
      try {
        return await ask();
      } catch (err) {
        this.context.logger.warn({ err }, 'event log is not available, trying again');
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new EventBusError('publish_timeout', 'the event log was not available in time');
      await pause(Math.min(unavailableRetryMs, left), this.closing.signal);
      if (this.closing.signal.aborted) throw new EventBusError('bus_closed', 'the event bus is closed');
    }
  }

  private async available<R>(ask: () => Promise<R>): Promise<R> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof EventBusError) throw error;
      throw new EventBusError('topic_unavailable', 'the event log did not answer');
    }
  }
}
