import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { KeyRingError } from './key-ring.errors.js';

/**
 * Runs work while nobody else changes the ring. A lock that a killed command has left is not taken over: on a shared
 * folder nobody can tell whether its owner lives. The error says whose it is, and which file to remove.
 * @throws {KeyRingError} `key_ring_locked`
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(`process ${process.pid} on ${hostname()} since ${new Date().toISOString()}`);
    await file.close();
  } catch (cause) {
    if (!isCode(cause, 'EEXIST')) throw cause;
    const owner = await readFile(path, 'utf8').catch(() => '');
    throw new KeyRingError('key_ring_locked', `${owner}; if that is over, remove ${path}`, { cause });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
