import { existsSync } from 'node:fs';
import { KeyRingFiles } from '@causeway/accounts/key-ring';
import { readConfig } from '@causeway/config';
import { limits } from '@causeway/limits';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import { stackFolders } from '../stack/folders.js';
import { stackKeyRing } from '../stack/key-ring.js';
import { keyRingPathsSection, keyRotationSection } from './settings.js';

/**
 * Opens the key ring of the deployment that the settings name, or else of the development stack in the data folder.
 * @throws {CliError} `nothing_here`; ConfigError
 */
export function openKeyRing({ environment, dataRoot }: CommandContext): KeyRingFiles {
  const { TOKEN_KEY_FETCH_SECONDS } = readConfig([keyRotationSection], environment);
  const times = { fetchMs: TOKEN_KEY_FETCH_SECONDS * 1_000, retainMs: limits.tokenKeyRetainMs.value };
  const named = ['CAUSEWAY_TOKEN_KEY_RING_FILE', 'CAUSEWAY_JWKS_FILE'].some(
    (name) => environment[name] !== undefined,
  );
  if (named) {
    const { TOKEN_KEY_RING_FILE: ring, JWKS_FILE: keySet } = readConfig([keyRingPathsSection], environment);
    return new KeyRingFiles({ ring, keySet }, times);
  }
  const { keyRing } = stackFolders(dataRoot);
  if (existsSync(keyRing.ring)) {
    const given = environment['CAUSEWAY_TOKEN_KEY_FETCH_SECONDS'] !== undefined;
    return given ? new KeyRingFiles(keyRing, times) : stackKeyRing(keyRing);
  }
  throw new CliError(
    'nothing_here',
    `there is no stack in ${dataRoot}; for a deployment set CAUSEWAY_TOKEN_KEY_RING_FILE and CAUSEWAY_JWKS_FILE`,
  );
}
