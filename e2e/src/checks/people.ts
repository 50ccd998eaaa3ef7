import { Phone, ProviderUser } from 'causeway/journey';
import type { Column } from '../column/column.js';

/** Phone number of the gatekeeper's user. */
export const BOB = '4915550001';

/** A user of ours and a user of the gatekeeper. */
export interface People {
  readonly alice: ProviderUser;
  readonly bob: Phone;
}

/** Brings a user of ours, with a device in this process, and a user of the gatekeeper. */
export async function bringPeople(column: Column, name = 'alice', number = BOB): Promise<People> {
  const bob = new Phone(column.endpoints.control, number);
  await bob.create('Bob');
  return { alice: new ProviderUser(name, column.endpoints, column.devicesFolder), bob };
}
