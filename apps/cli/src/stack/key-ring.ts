import { existsSync, rmSync } from 'node:fs';
import { KeyRingFiles, type KeyRingPaths } from '@causeway/accounts/key-ring';
import { limits } from '@causeway/limits';

/** The simulator fetches a key that it does not know within a second, and all keys once a minute. */
const FETCH_MS = 120_000;

/** @returns the key ring of a development stack. */
export function stackKeyRing(paths: KeyRingPaths): KeyRingFiles {
  return new KeyRingFiles(paths, { fetchMs: FETCH_MS, retainMs: limits.tokenKeyRetainMs.value });
}

/** Makes the key ring of a development stack with its first key, unless it is there. @throws {KeyRingError} */
export async function prepareKeyRing(paths: KeyRingPaths): Promise<void> {
  if (existsSync(paths.ring)) return;
  // Nobody depends on the key set of a ring that is gone: the simulator of a stack forgets as well.
  rmSync(paths.keySet, { force: true });
  await stackKeyRing(paths).rotate({ algorithm: 'RS256' });
}
