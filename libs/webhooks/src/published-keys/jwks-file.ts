import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '@causeway/lifecycle';
import type { Logger } from '@causeway/telemetry';
import { z } from 'zod';

const LOOK_MS = 1_000;
const MAX_BYTES = 64 * 1024;

/** Public members alone: a file that holds a private key by mistake is refused, never served. */
const PublicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']), kid: z.string().min(1) })
  .refine((jwk) => !['d', 'p', 'q', 'k'].some((member) => member in jwk), 'holds a private key');
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
      await this.#reload();
    }
    if (this.#current === undefined) throw new JwksFileError('there is no usable key set');
    return this.#current;
  }

  async #reload(): Promise<void> {
    try {
      const { mtimeMs, size } = await stat(this.path);
      if (mtimeMs === this.#changedAt) return;
      if (size > MAX_BYTES) throw new JwksFileError('the key set is too large');
      const body = JSON.stringify(KeySet.parse(JSON.parse(await readFile(this.path, 'utf8'))));
      this.#current = { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
      this.#changedAt = mtimeMs;
    } catch (error) {
      this.logger.error({ err: error }, 'the key set cannot be read; the last good one stays in use');
    }
  }
}
