import type { SealedTable } from '@causeway/sealing';

/** What the data key of a device's registration is for. */
export function registrationContext(deviceId: string): string {
  return `web-push ${deviceId}`;
}

/** Where fanout keeps data keys. */
export const fanoutSealedTables: readonly SealedTable[] = [
  {
    table: 'fanout.web_push_registrations',
    id: { column: 'device_id', type: 'uuid' },
    wrappedKey: 'wrapped_data_key',
    context: registrationContext,
  },
];
