import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '@causeway/lifecycle';
import type { Logger } from '@causeway/telemetry';
import { z } from 'zod';

const LOOK_MS = 1_000;
const MAX_BYTES = 64 * 1024;

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Public members alone: a file that holds a private key by mistake is refused, never served. */
const PublicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']), kid: z.string().min(1) })
  .refine((jwk) => !PRIVATE_MEMBERS.some((member) => member in jwk), 'holds a private key');
const KeySet = z.object({ keys: z.array(PublicKey).min(1).max(32) });

/** The key set as it is served. */
export interface PublishedKeySet {
  readonly body: string;
  readonly etag: string;
}

/** A key set cannot be read, or must not be served. */
export class JwksFileError extends Error {
  override readonly name = 'JwksFileError';
  readonly code = 'jwks_file_unusable';
}

/**
 * The public keys of our user tokens, from a mounted file. The file is looked at again at most once a second; while it
 * is missing or broken the last good set stays in use.
 */
export class JwksFile {
  #current: PublishedKeySet | undefined;
  #changedAt = -1;
  #lookedAtMs = -Infinity;
  #looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** @throws {JwksFileError} when there never was a usable set */
  async read(): Promise<PublishedKeySet> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.#lookedAtMs >= LOOK_MS) {
      this.#lookedAtMs = nowMs;
      this.#looking = this.#reload();
    }
    // Those that come while the file is read wait for it too: the first set may be on its way.
    await this.#looking;
    if (this.#current === undefined) throw new JwksFileError('there is no usable key set');
    return this.#current;
  }

  async #reload(): Promise<void> {
    try {
      const { mtimeMs, size } = await stat(this.path);
      if (mtimeMs === this.#changedAt) return;
      if (size > MAX_BYTES) throw new JwksFileError('the key set is too large');
      const body = JSON.stringify(KeySet.parse(parse(await readFile(this.path, 'utf8'))));
      this.#current = { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
      this.#changedAt = mtimeMs;
    } catch (error) {
      this.logger.error({ err: error }, 'the key set cannot be read; the last good one stays in use');
    }
  }
}

/** The error of `JSON.parse` quotes what it stumbled over, which a private key must not be. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JwksFileError('the key set is no JSON');
  }
}
