import type { Postgres } from '@causeway/postgres';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { EventBus } from './bus.js';
import { EventBusError } from './errors.js';
import { defaultTuning, LogEventBus, type BusTuning } from './log-event-bus.js';
import { KafkaEventLog } from './kafka/kafka-event-log.js';
import { PostgresEventLog } from './postgres/postgres-event-log.js';

export interface EventBusOptions {
  /** The service's name: client id, application name, source of its events. */
  readonly clientId: string;
  /** The database of the log, migrated; required for `postgres:`. Stays the caller's to close. */
  readonly postgres?: Postgres;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Partitions of topics that do not exist yet. */
  readonly partitions: number;
  readonly tuning?: Partial<BusTuning>;
}

/**
 * Opens the bus that the URL names: `postgres:` for the log in the given database, `kafka://host:port,host:port`.
 * Connects when it is first used. Throws EventBusError `url_invalid`.
 */
export function openEventBus(url: string, options: EventBusOptions): EventBus {
  const { clientId, logger, metrics, partitions } = options;
  const context = { clientId, logger, metrics, tuning: { ...defaultTuning, ...options.tuning } };
  if (url.startsWith('postgres:')) {
    if (options.postgres === undefined) {
      throw new EventBusError('url_invalid', 'an event bus on postgres: needs its database');
    }
    return new LogEventBus(new PostgresEventLog(options.postgres, partitions, logger), context);
  }
  const brokers = /^kafka:\/\/([^/]+)\/?$/.exec(url)?.[1]?.split(',');
  if (brokers === undefined || !brokers.every((broker) => /^[^:,]+:\d+$/.test(broker))) {
    throw new EventBusError(
      'url_invalid',
      'the URL of the event bus is neither postgres: nor kafka://host:port,…',
    );
  }
  return new LogEventBus(new KafkaEventLog(brokers, { clientId, partitions, logger }), context);
}
