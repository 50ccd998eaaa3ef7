import { join } from 'node:path';

/** Where a stack keeps its files, below its data folder. */
export function stackFolders(dataDir: string) {
  return {
    database: join(dataDir, 'postgres'),
    blobs: join(dataDir, 'blobs'),
    profiles: join(dataDir, 'profiles'),
    devices: join(dataDir, 'devices'),
    keyRing: { ring: join(dataDir, 'signing', 'ring.json'), keySet: join(dataDir, 'jwks.json') },
    wrappingRings: {
      accounts: join(dataDir, 'wrapping-keys', 'accounts.json'),
      session: join(dataDir, 'wrapping-keys', 'session.json'),
      fanout: join(dataDir, 'wrapping-keys', 'fanout.json'),
    },
    log: join(dataDir, 'services.log'),
    endpoints: join(dataDir, 'endpoints.json'),
  };
}
