import { failpoint } from '@causeway/failpoints';
import { limits } from '@causeway/limits';
import type { EventBus, TopicContract } from '@causeway/events';
import type { Clock } from '@causeway/lifecycle';
import type { AdvisoryLock, Postgres } from '@causeway/postgres';
import type { Counter, Gauge, Logger, Metrics } from '@causeway/telemetry';
import { outboxChannel } from './append.js';
import { HeldLanes } from './held-lanes.js';
import { publishRows } from './publish-rows.js';
import { deleteRows, oldestAge, oldestRows, type OutboxRow } from './rows.js';
import { topicsByName, type AnyTopic } from './topics.js';
import { WakeUp } from './wake-up.js';

export interface OutboxDrainerOptions {
  readonly postgres: Postgres;
  /** The owner's schema, which has the table `outbox`. */
  readonly schema: string;
  readonly bus: EventBus;
  /** Every topic that the owner publishes to. */
  readonly topics: readonly AnyTopic[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** How often a drainer that waits for its turn asks for the lock: so long nobody drains after the holder has died. */
const takeOverMs = 1_000;
/** Notifications wake the one that works, and a cut connection does; this is for a row that nobody told of. */
const idleMs = 5_000;
const firstBackoffMs = 100;
const lastBackoffMs = 5_000;

/**
 * Publishes the outbox of one schema in its order: reads the oldest rows, publishes, and deletes them only after the
 * acknowledgement. A crash in between publishes them again with the same ids. One drainer works at a time, the others
 * wait for its lock.
 */
export class OutboxDrainer {
  private readonly topics: ReadonlyMap<string, TopicContract<unknown>>;
  private readonly held: HeldLanes;
  private readonly wake: WakeUp;
  private readonly published: Counter;
  private readonly age: Gauge;
  private lock: AdvisoryLock | undefined;
  private running: Promise<void> | undefined;
  private listener: { close(): Promise<void> } | undefined;
  private stopped = false;
  private backoffMs = firstBackoffMs;

  constructor(private readonly options: OutboxDrainerOptions) {
    const { metrics, logger, schema, clock } = options;
    this.topics = topicsByName(options.topics);
    this.held = new HeldLanes(logger.child({ schema }), clock);
    this.wake = new WakeUp(clock);
    this.published = metrics.counter('outbox_published_total', 'Outbox rows published', ['schema']);
    this.age = metrics.gauge('outbox_oldest_age_seconds', 'Age of the oldest row of the outbox', ['schema']);
  }

  /** Begins to drain; returns at once, also while database and bus are not there yet. */
  start(): void {
    this.running ??= this.run();
  }

  /** Finishes the batch at work and stops. What is left is drained after the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake.now();
    await this.running;
    await this.listener?.close();
    await this.lock?.release().catch(() => undefined);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        const more = (await this.ready()) && (await this.drainBatch());
        this.backoffMs = firstBackoffMs;
        if (!more) await this.wake.wait(this.lock === undefined ? takeOverMs : idleMs);
      } catch (err) {
        if (this.stopped) return;
        this.options.logger.warn(
          { err, schema: this.options.schema },
          'outbox could not be drained, trying again',
        );
        await this.wake.pause(this.backoffMs);
        this.backoffMs = Math.min(this.backoffMs * 2, lastBackoffMs);
      }
    }
  }

  /** True when this drainer is the one that works. */
  private async ready(): Promise<boolean> {
    const { postgres, schema } = this.options;
    this.listener ??= await postgres.listen(outboxChannel(schema), {
      onNotify: () => this.wake.now(),
      onGap: () => this.wake.now(),
    });
    if (this.lock?.lost.aborted === true) this.lock = undefined;
    this.lock ??= await postgres.tryAdvisoryLock(`outbox:${schema}`);
    return this.lock !== undefined;
  }

  /** True when there may be more to drain. */
  private async drainBatch(): Promise<boolean> {
    const { postgres, schema } = this.options;
    const limit = limits.outboxBatchItems.value;
    const rows = await oldestRows(postgres, schema, this.held.lanes(), limit);
    this.age.set(await this.ageOf(rows), { schema });
    if (rows.length === 0) return false;
    failpoint(`${schema}.outbox.read`);
    const outcomes = await Promise.allSettled(
      [...byTopic(rows)].map(async ([name, some]) => {
        const { done, refused } = await publishRows(this.options.bus, this.topics.get(name), some);
        for (const row of refused) this.held.hold(row);
        failpoint(`${schema}.outbox.published`);
        await deleteRows(postgres, schema, done);
        failpoint(`${schema}.outbox.deleted`);
        this.published.inc({ schema }, done.length);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return true;
  }

  /** Of an outbox with held lanes the oldest row is not among those to be published. */
  private async ageOf(rows: readonly OutboxRow[]): Promise<number> {
    const { postgres, schema } = this.options;
    const [first] = rows;
    if (this.held.size > 0) return oldestAge(postgres, schema);
    return first === undefined
      ? 0
      : Math.max(0, (this.options.clock.now() - first.created_at.getTime()) / 1_000);
  }
}

function byTopic(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  return Map.groupBy(rows, (row) => row.topic);
}
