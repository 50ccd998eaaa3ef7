import { eventLogCredentials, readConfig } from '@causeway/config';
import { openEventBus, type EventBus } from '@causeway/events';
import { createLogger, createMetrics } from '@causeway/telemetry';
import type { CommandContext } from '../commands/environment.js';
import { withAdminDatabase } from '../stack/admin-database.js';
import { operationSections } from '../stack/migration-settings.js';

/** The command, by which database and log know the connection. */
export const COMMAND = 'sessions';

/**
 * Gives the event log of the deployment that the settings name to some work, or else that of the development stack.
 * @throws as `withAdminDatabase`; EventBusError
 */
export function withEvents<R>(context: CommandContext, work: (bus: EventBus) => Promise<R>): Promise<R> {
  const { url, ...log } = eventLogOf(context);
  const clientId = `causeway-${COMMAND}`;
  return withAdminDatabase(context, COMMAND, async (postgres) => {
    const bus = openEventBus(url, {
      ...log,
      clientId,
      postgres,
      logger: createLogger({ service: clientId, level: 'silent' }),
      metrics: createMetrics(clientId),
    });
    return work(bus).finally(() => bus.close());
  });
}

function eventLogOf({ environment }: CommandContext) {
  if (environment['CAUSEWAY_ADMIN_DATABASE_URL'] === undefined) return { url: 'postgres:', partitions: 1 };
  const settings = readConfig(operationSections, environment);
  return {
    url: settings.EVENTS_URL,
    partitions: settings.EVENTS_PARTITIONS,
    credentials: eventLogCredentials(settings),
  };
}
