import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from './atomic-file.js';
import { KeyRingError } from './key-ring.errors.js';
import { emptyRing, KeyRing, keySetOf, signerAt, type TokenAlgorithm } from './key-ring.js';
import { createKey, type NewKey } from './new-key.js';
import { isCode, withLock } from './ring-lock.js';
import { revocation, rotation, successorOf, tidied, writesOf, type RotationTimes } from './rotation.js';

/** Only accounts reads the ring, anybody the key set. */
const PRIVATE = 0o600;
const PUBLIC = 0o644;

/** Where the ring is: its private part is mounted by accounts, its key set by webhooks. */
export interface KeyRingPaths {
  readonly ring: string;
  readonly keySet: string;
}

export interface RotateOptions {
  readonly algorithm: TokenAlgorithm;
  /** Begins a rotation only when the key that signs has signed for so long; milliseconds. */
  readonly olderThanMs?: number;
  /** The next key, where a remote signer has made it; else one is made here. */
  readonly key?: NewKey;
}

/** The key ring in its two files, which `causeway keys` writes and the services read. */
export class KeyRingFiles {
  constructor(
    private readonly paths: KeyRingPaths,
    private readonly times: RotationTimes,
    /** Milliseconds since 1970. */
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @returns the ring, empty where there is no file, and whether the key set is that of the ring: it is not after a
   * command that was killed, until the next one
   * @throws {KeyRingError} `key_ring_unreadable`, `key_ring_invalid`; `key_ring_missing` when there is a key set without
   * its ring: a new one would take the keys out that gatekeepers need
   */
  async read(): Promise<{ readonly ring: KeyRing; readonly keySetFits: boolean }> {
    const text = await textOf(this.paths.ring);
    const keySet = await textOf(this.paths.keySet);
    if (text === '' && keySet !== '' && keySet !== textOfKeySet(emptyRing)) {
      throw new KeyRingError('key_ring_missing');
    }
    const ring = parse(text);
    return { ring, keySetFits: keySet === textOfKeySet(ring) || (keySet === '' && ring.keys.length === 0) };
  }

  /**
   * Takes the steps that are due: removes keys whose last token has expired, and begins a rotation unless one is under
   * way.
   * @throws {KeyRingError}
   */
  rotate({ algorithm, olderThanMs = 0, key }: RotateOptions): Promise<KeyRing> {
    return this.#change(async (ring, now) => {
      const signer = signerAt(ring, algorithm, now);
      const young = signer?.signsFrom !== undefined && now - signer.signsFrom < olderThanMs;
      const underWay = successorOf(ring, algorithm, now) !== undefined;
      if (young && !underWay) return [tidied(ring, now, this.times)];
      const newKey = key ?? (await createKey(algorithm, now));
      return rotation(ring, newKey, now, this.times);
    });
  }

  /** Takes a key out at once, for good. @throws {KeyRingError} `key_unknown` */
  revoke(kid: string): Promise<KeyRing> {
    return this.#change(async (ring, now) => {
      const algorithm = ring.keys.find((key) => key.kid === kid)?.algorithm ?? 'RS256';
      return revocation(ring, kid, await createKey(algorithm, now), now);
    });
  }

  async #change(plan: (ring: KeyRing, now: number) => Promise<readonly KeyRing[]>): Promise<KeyRing> {
    try {
      await mkdir(dirname(this.paths.ring), { recursive: true, mode: 0o700 });
      await mkdir(dirname(this.paths.keySet), { recursive: true });
      return await withLock(`${this.paths.ring}.lock`, async () => {
        let { ring } = await this.read();
        for (const after of await plan(ring, this.now())) {
          await this.#write(ring, after);
          ring = after;
        }
        return ring;
      });
    } catch (cause) {
      if (!isCode(cause, 'EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENOTDIR', 'ENOSPC')) throw cause;
      throw new KeyRingError('key_ring_not_writable', undefined, { cause });
    }
  }

  async #write(before: KeyRing, after: KeyRing): Promise<void> {
    for (const write of writesOf(before, after)) {
      if (write.file === 'ring') await replaceFile(this.paths.ring, JSON.stringify(write.ring), PRIVATE);
      else await replaceFile(this.paths.keySet, JSON.stringify(write.keySet), PUBLIC);
    }
  }
}

function textOfKeySet(ring: KeyRing): string {
  return JSON.stringify(keySetOf(ring));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return '';
    throw new KeyRingError('key_ring_unreadable', undefined, { cause });
  }
}

/** The messages of the parsers may quote a part of a key. */
function parse(text: string): KeyRing {
  if (text === '') return emptyRing;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KeyRingError('key_ring_invalid');
  }
  const ring = KeyRing.safeParse(value);
  if (!ring.success) throw new KeyRingError('key_ring_invalid');
  return ring.data;
}
