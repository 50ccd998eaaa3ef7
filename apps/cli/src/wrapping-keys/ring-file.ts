import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile, withLock } from '@causeway/accounts/key-ring';
import { WrappingRing } from '@causeway/sealing';
import { CliError } from '../errors.js';

/** Only its service reads a ring. */
const MODE = 0o600;

/** @returns the ring; undefined where there is no file. @throws {CliError} `wrapping_key_ring_unreadable`, `wrapping_key_ring_invalid` */
export async function readRing(path: string): Promise<WrappingRing | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new CliError('wrapping_key_ring_unreadable', `${path} cannot be read`, { cause });
  }
  const parsed = WrappingRing.safeParse(valueOf(text));
  if (parsed.success) return parsed.data;
  throw new CliError('wrapping_key_ring_invalid', `${path} holds no ring of wrapping keys`);
}

/**
 * Replaces the ring whole, while nobody else does.
 * @throws {CliError} as `readRing`, and what `change` throws; {KeyRingError} `key_ring_locked`
 */
export async function changeRing(
  path: string,
  change: (ring: WrappingRing | undefined) => Promise<WrappingRing>,
): Promise<WrappingRing> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return withLock(`${path}.lock`, async () => {
    const ring = await change(await readRing(path));
    await replaceFile(path, JSON.stringify(ring), MODE);
    return ring;
  });
}

/** The messages of the parser may quote a part of a key. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
