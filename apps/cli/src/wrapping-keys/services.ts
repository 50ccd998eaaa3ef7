import type { SealedTable } from '@causeway/sealing';

/** The services that seal, each with a ring of its own. */
export const sealingServices = ['accounts', 'session', 'fanout'] as const;
export type SealingService = (typeof sealingServices)[number];

/** File of each service's ring. */
export type WrappingRingPaths = Readonly<Record<SealingService, string>>;

/** The code of a service is loaded when its tables are asked for. @returns where it keeps data keys */
export async function sealedTablesOf(service: SealingService): Promise<readonly SealedTable[]> {
  switch (service) {
    case 'accounts':
      return (await import('@causeway/accounts')).accountsSealedTables;
    case 'session':
      return (await import('@causeway/session')).sessionSealedTables;
    case 'fanout':
      return (await import('@causeway/fanout')).fanoutSealedTables;
  }
}
