import type { Postgres } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import { EventBusError } from './errors.js';
import type { EventLog } from './event-log.js';
import type { KafkaCluster, KafkaCredentials } from './kafka/client.js';
import { KafkaEventLog } from './kafka/kafka-event-log.js';
import { PostgresEventLog } from './postgres/postgres-event-log.js';

const defaultSessionTimeoutMs = 15_000;

export interface EventLogOptions {
  /** Client id at the broker. */
  readonly clientId: string;
  /** The database of the log, migrated; required for `postgres:`. Stays the caller's to close. */
  readonly postgres?: Postgres;
  /** For Kafka. */
  readonly credentials?: KafkaCredentials;
  readonly logger: Logger;
  /** Partitions of topics that do not exist yet. */
  readonly partitions: number;
  /** How long Kafka waits for a member's heartbeat; PostgreSQL sees a broken connection. */
  readonly sessionTimeoutMs?: number;
  /** Which release of the deployment this process is of: with it Kafka's members move less when one replaces another. */
  readonly release?: string | undefined;
}

/** Opens the engine that the URL names, see `openEventBus`. Throws EventBusError `url_invalid`. */
export function openEventLog(url: string, options: EventLogOptions): EventLog {
  const { postgres, logger, partitions, release, sessionTimeoutMs = defaultSessionTimeoutMs } = options;
  if (url.startsWith('postgres:')) {
    if (postgres === undefined) {
      throw new EventBusError('url_invalid', 'an event bus on postgres: needs its database');
    }
    return new PostgresEventLog(postgres, partitions, logger);
  }
  return new KafkaEventLog(clusterOf(url, options), { partitions, sessionTimeoutMs, release });
}

/** The cluster that a URL names. Throws EventBusError `url_invalid`. */
export function clusterOf(
  url: string,
  { clientId, logger, credentials = {} }: Pick<EventLogOptions, 'clientId' | 'logger' | 'credentials'>,
): KafkaCluster {
  const [, tls, hosts] = /^kafka(\+ssl)?:\/\/([^/]+)\/?$/.exec(url) ?? [];
  const brokers = hosts?.split(',');
  if (brokers === undefined || !brokers.every((broker) => /^[^:,]+:\d+$/.test(broker))) {
    throw new EventBusError(
      'url_invalid',
      'the URL of the event bus is neither postgres: nor kafka://host:port,… nor kafka+ssl://host:port,…',
    );
  }
  return { brokers, tls: tls !== undefined, credentials, clientId, logger };
}
