import type { Metrics } from '@causeway/telemetry';
import type { EventBus } from './bus.js';
import { defaultTuning, LogEventBus, type BusTuning } from './log-event-bus.js';
import { openEventLog, type EventLogOptions } from './open-event-log.js';
import type { ParkingHome } from './parking/parking-for.js';

/** `clientId` is the service's name: client id, application name, source of its events. */
export interface EventBusOptions extends EventLogOptions {
  readonly metrics: Metrics;
  readonly tuning?: Partial<BusTuning>;
  /** Where subscriptions with `onPoison: 'park'` park; stays the caller's to close. */
  readonly parking?: ParkingHome;
}

/**
 * Opens the bus that the URL names: `postgres:` for the log in the given database, `kafka://host:port,host:port`, with
 * `kafka+ssl:` over TLS. Connects when it is first used. Throws EventBusError `url_invalid`.
 */
export function openEventBus(url: string, options: EventBusOptions): EventBus {
  const { clientId, logger, metrics, parking } = options;
  const tuning = { ...defaultTuning, ...options.tuning };
  return new LogEventBus(openEventLog(url, options), { clientId, logger, metrics, tuning, parking });
}
