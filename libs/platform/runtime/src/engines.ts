import { eventLogCredentials } from '@causeway/config';
import { openCoordination, type Coordination, type RedisTls } from '@causeway/coordination';
import { openEventBus, type EventBus, type KafkaCredentials } from '@causeway/events';
import { limits } from '@causeway/limits';
import { Postgres } from '@causeway/postgres';
import type { ServiceContext, ServiceName, SharedSettings } from './service.js';

const CLOSE_MS = 10_000;

/** The engines of one service, each closed in the last stage of the drain. Opening connects to nothing yet. */
export function openEngines(
  name: ServiceName,
  settings: SharedSettings,
  {
    logger,
    metrics,
    lifecycle,
    clock,
    certificates,
  }: Pick<ServiceContext, 'logger' | 'metrics' | 'lifecycle' | 'clock' | 'certificates'>,
  openBus: typeof openEventBus = openEventBus,
): { postgres: Postgres; bus: EventBus; coordination: Coordination } {
  const postgres = Postgres.connect(settings.DATABASE_URL, {
    poolSize: settings.DATABASE_POOL_SIZE,
    applicationName: `causeway-${name}`,
    statementTimeoutMs: limits.statementMs.value,
    tls: {
      get ca() {
        return certificates.current.DATABASE_CA;
      },
    },
    logger,
    metrics,
  });
  lifecycle.onStop('postgres', 'engines', () => postgres.close(), CLOSE_MS);
  const bus = openBus(settings.EVENTS_URL, {
    clientId: `causeway-${name}`,
    credentials: kafkaCredentials(settings, certificates),
    partitions: settings.EVENTS_PARTITIONS,
    sessionTimeoutMs: settings.EVENTS_SESSION_TIMEOUT_MS,
    release: settings.RELEASE,
    postgres,
    logger,
    metrics,
    parking: { postgres, schema: name },
  });
  // The bus may lie in Postgres: it closes before the stage that closes the pool.
  lifecycle.onStop('events', 'connections', () => bus.close(), CLOSE_MS);
  const coordination = openCoordination(settings.COORDINATION_URL, {
    logger,
    metrics,
    clock,
    owner: name,
    tls: redisTls(certificates),
  });
  lifecycle.onStop('coordination', 'engines', () => coordination.close(), CLOSE_MS);
  return { postgres, bus, coordination };
}

/** User and password stay as they were at the start; certificates are those of the moment. */
function kafkaCredentials(
  settings: SharedSettings,
  certificates: ServiceContext['certificates'],
): KafkaCredentials {
  const { sasl } = eventLogCredentials(settings);
  return {
    ...(sasl && { sasl }),
    get ca() {
      return certificates.current.EVENTS_CA;
    },
    get certificate() {
      return certificates.current.EVENTS_CERTIFICATE;
    },
    get key() {
      return certificates.current.EVENTS_CERTIFICATE_KEY;
    },
  };
}

function redisTls(certificates: ServiceContext['certificates']): RedisTls {
  return {
    get ca() {
      return certificates.current.COORDINATION_CA;
    },
    get certificate() {
      return certificates.current.COORDINATION_CERTIFICATE;
    },
    get key() {
      return certificates.current.COORDINATION_CERTIFICATE_KEY;
    },
  };
}
