import type { SealedTable } from '@causeway/sealing';

/** What the data key of a session's Noise key is for: the purpose, the device, which is one user's, and the gatekeeper. */
export function noiseKeyContext(sessionKey: string): string {
  return `noise-key ${sessionKey}`;
}

/** Where session keeps data keys. */
export const sessionSealedTables: readonly SealedTable[] = [
  {
    table: 'session.noise_keys',
    id: { column: 'session_key', type: 'text' },
    wrappedKey: 'wrapped_data_key',
    context: noiseKeyContext,
  },
];
