import type { Postgres } from '@causeway/postgres';
import type { SubscribeOptions } from '../bus.js';
import { EventBusError } from '../errors.js';
import { Parking } from './parking.js';
import { PostgresParking } from './postgres-parking.js';
import type { ParkingSchedule } from './retry-delay.js';

/** The schema of a service that has a table `parked_events`. */
export interface ParkingHome {
  readonly postgres: Postgres;
  readonly schema: string;
}

/**
 * Where a subscription parks; undefined when it does not.
 * @throws {EventBusError} `parking_refused` when it cannot: nowhere to park, a sealed topic, a broadcast
 */
export function parkingFor<T>(
  { topic, group, mode, onPoison }: SubscribeOptions<T>,
  home: ParkingHome | undefined,
  schedule: ParkingSchedule,
): Parking | undefined {
  if (onPoison !== 'park') return undefined;
  const refuse = (why: string) =>
    new EventBusError('parking_refused', `${topic.name} cannot be parked: ${why}`);
  // What is sealed to a connection dies with it: the gatekeeper has it still, or the device sends again.
  if (topic.sealed === true) throw refuse('its events are sealed');
  if (mode !== 'shared') throw refuse('a broadcast has no owner that could keep order');
  if (home === undefined) throw refuse('the bus was opened without a place for it');
  const store = new PostgresParking(home.postgres, home.schema);
  return new Parking(store, { topic: topic.name, group }, schedule);
}
