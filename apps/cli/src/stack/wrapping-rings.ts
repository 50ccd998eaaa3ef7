import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '@causeway/accounts/key-ring';
import { sealingServices, type WrappingRingPaths } from '../wrapping-keys/services.js';
import type { DevelopmentKeys } from './development-keys.js';

/** Makes the rings of wrapping keys of a development stack with their first keys, unless they are there. */
export async function prepareWrappingRings(paths: WrappingRingPaths, keys: DevelopmentKeys): Promise<void> {
  const first = {
    accounts: keys.keyEncryptionKey,
    session: keys.noiseKeyEncryptionKey,
    fanout: keys.webPushKeyEncryptionKey,
  };
  for (const service of sealingServices) {
    if (existsSync(paths[service])) continue;
    await mkdir(dirname(paths[service]), { recursive: true, mode: 0o700 });
    const ring = {
      version: 1,
      keys: [{ id: '1', key: first[service], createdAt: 0, wrapsFrom: 0 }],
    };
    await replaceFile(paths[service], JSON.stringify(ring), 0o600);
  }
}
