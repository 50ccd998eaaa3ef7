import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Counter, Gauge, Logger, Metrics } from '@causeway/telemetry';
import { z } from 'zod';

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Public members alone: a file that holds a private key by mistake is refused, never served. */
const PublicKey = z
  .looseObject({
    kty: z.enum(['RSA', 'EC', 'OKP']),
    kid: z.string().min(1),
    alg: z.string().max(16).optional(),
  })
  .refine((jwk) => !PRIVATE_MEMBERS.some((member) => member in jwk), 'holds a private key');
const KeySet = z
  .object({ keys: z.array(PublicKey).min(1).max(limits.publishedKeys.value) })
  .refine(({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'names two keys alike');

/** The key set as it is served. */
export interface PublishedKeySet {
  readonly body: string;
  readonly etag: string;
  /** The algorithms of its keys, as far as they are named. */
  readonly algorithms: readonly string[];
}

/** A key set cannot be read, or must not be served. */
export class JwksFileError extends Error {
  override readonly name = 'JwksFileError';
  readonly code = 'jwks_file_unusable';
}

/**
 * The public keys of our user tokens, from a mounted file that is replaced whole. It is looked at again at most once a
 * second; while it is missing or broken the last good set stays in use.
 */
export class JwksFile {
  readonly #reloads: Counter;
  readonly #refused: Gauge;
  #current: PublishedKeySet | undefined;
  #version = '';
  #refusedVersion = '';
  #lookedAtMs = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.#reloads = metrics.counter(
      'webhooks_jwks_reloads_total',
      'Changes of the published key set, by outcome',
      ['outcome'],
    );
    this.#refused = metrics.gauge(
      'webhooks_jwks_refused',
      'Whether the present file of published keys is refused',
    );
  }

  /** @throws {JwksFileError} when there never was a usable set */
  async read(): Promise<PublishedKeySet> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.#lookedAtMs >= limits.publishedKeysLookMs.value) {
      this.#lookedAtMs = nowMs;
      this.#looking = this.#look().finally(() => (this.#looking = undefined));
    }
    // Those that come while the file is read wait for it too: the first set may be on its way.
    if (this.#looking !== undefined) await this.#looking;
    if (this.#current === undefined) throw new JwksFileError('there is no usable key set');
    return this.#current;
  }

  async #look(): Promise<void> {
    try {
      // A file that is replaced within one tick of the file system's clock is another one all the same.
      const { mtimeMs, size, ino } = await stat(this.path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.#version) return;
      this.#version = version;
      if (size > limits.publishedKeysBytes.value) throw new JwksFileError('the key set is too large');
      this.#use(KeySet.parse(parse(await readFile(this.path, 'utf8'))));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #use(keySet: z.infer<typeof KeySet>): void {
    const body = JSON.stringify(keySet);
    this.#current = {
      body,
      etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
      algorithms: [...new Set(keySet.keys.map(({ alg }) => alg).filter((alg) => alg !== undefined))],
    };
    this.#refusedVersion = '';
    this.#refused.set(0);
    this.#reloads.inc({ outcome: 'used' });
    this.logger.info({ keys: keySet.keys.length }, 'the published key set has changed and is in use');
  }

  #refuse(error: unknown): void {
    // A file that is away has no version: what comes next is read, and the same trouble is told once.
    if (!(error instanceof JwksFileError || error instanceof z.ZodError)) this.#version = 'away';
    if (this.#refusedVersion === this.#version) return;
    this.#refusedVersion = this.#version;
    this.#refused.set(1);
    this.#reloads.inc({ outcome: 'refused' });
    this.logger.error({ err: error }, 'the key set cannot be read; the last good one stays in use');
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
