import type { Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import type { EventBus } from '../bus.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import type { BusTuning } from '../log-event-bus.js';
import type { EventBusOptions } from '../open-event-bus.js';
import type { TopicName } from '../topic.js';
import { parkingSchema } from './parked-events-table.js';

/** A record as it lies in the log. */
export interface StoredRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | null;
}

/** One engine under test. */
export interface ConformanceBackend {
  /** Where events are parked, and what operators do is recorded. */
  readonly postgres: Postgres;
  /** A client of its own on the engine. */
  open(options: Omit<EventBusOptions, 'postgres'>): EventBus;
  /** The operator's side of it. */
  deadLetters(topics: readonly TopicName[]): Promise<DeadLetters>;
  /** Everything in a topic, partition by partition. */
  records(topic: string): Promise<readonly StoredRecord[]>;
  /** Writes a record past the bus, into partition 0. */
  inject(
    topic: string,
    record: { key: string | null; headers: Record<string, string>; payload: string | null },
  ): Promise<void>;
  close(): Promise<void>;
}

/** Opens clients of a backend with quiet logs, and closes them after the test. */
export class Clients {
  private readonly buses: EventBus[] = [];

  constructor(private readonly backend: ConformanceBackend) {}

  /** A client, and the value of one of its metrics by name and labels; undefined when there is none. */
  measured(
    tuning: Partial<BusTuning>,
    partitions = 4,
  ): {
    readonly bus: EventBus;
    readonly metric: (name: string, labels: Readonly<Record<string, string>>) => Promise<number | undefined>;
  } {
    const metrics = createMetrics('conformance');
    const bus = this.open(tuning, partitions, metrics);
    const metric = async (name: string, labels: Readonly<Record<string, string>>) => {
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const line = (await metrics.render())
        .split('\n')
        .find((text) => text.startsWith(`causeway_${name}{`) && wanted.every((part) => text.includes(part)));
      return line === undefined ? undefined : Number(line.split(' ').at(-1));
    };
    return { bus, metric };
  }

  open(tuning: Partial<BusTuning> = {}, partitions = 4, metrics = createMetrics('conformance')): EventBus {
    const bus = this.backend.open({
      clientId: 'conformance',
      logger: createLogger({ service: 'conformance', level: 'silent' }),
      metrics,
      partitions,
      parking: { postgres: this.backend.postgres, schema: parkingSchema },
      tuning: { closeGraceMs: 300, longPollMs: 250, ...tuning },
    });
    this.buses.push(bus);
    return bus;
  }

  async close(): Promise<void> {
    await Promise.all(this.buses.splice(0).map((bus) => bus.close()));
  }
}
