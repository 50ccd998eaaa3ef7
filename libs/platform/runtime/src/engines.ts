import { eventLogCredentials } from '@causeway/config';
import { openCoordination, type Coordination } from '@causeway/coordination';
import { openEventBus, type EventBus } from '@causeway/events';
import { limits } from '@causeway/limits';
import { Postgres } from '@causeway/postgres';
import type { ServiceContext, ServiceName, SharedSettings } from './service.js';

const CLOSE_MS = 10_000;

/** The engines of one service, each closed in the last stage of the drain. Opening connects to nothing yet. */
export function openEngines(
  name: ServiceName,
  settings: SharedSettings,
  { logger, metrics, lifecycle, clock }: Pick<ServiceContext, 'logger' | 'metrics' | 'lifecycle' | 'clock'>,
  openBus: typeof openEventBus = openEventBus,
): { postgres: Postgres; bus: EventBus; coordination: Coordination } {
  const postgres = Postgres.connect(settings.DATABASE_URL, {
    poolSize: settings.DATABASE_POOL_SIZE,
    applicationName: `causeway-${name}`,
    statementTimeoutMs: limits.statementMs.value,
    ...(settings.DATABASE_CA !== undefined && { ca: settings.DATABASE_CA }),
    logger,
    metrics,
  });
  lifecycle.onStop('postgres', 'engines', () => postgres.close(), CLOSE_MS);
  const bus = openBus(settings.EVENTS_URL, {
    clientId: `causeway-${name}`,
    credentials: eventLogCredentials(settings),
    partitions: settings.EVENTS_PARTITIONS,
    sessionTimeoutMs: settings.EVENTS_SESSION_TIMEOUT_MS,
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
    ...(settings.COORDINATION_CA !== undefined && { ca: settings.COORDINATION_CA }),
  });
  lifecycle.onStop('coordination', 'engines', () => coordination.close(), CLOSE_MS);
  return { postgres, bus, coordination };
}
