import { randomBytes } from 'node:crypto';
import { SimulatorError } from '../errors.js';
import type { Limits } from '../limits.js';

export interface Blob {
  readonly bytes: Uint8Array;
  readonly type: string;
}

/** Encrypted media of the gatekeeper's own users, in memory; the oldest blobs make room. */
export class OwnMediaHost {
  readonly #blobs = new Map<string, Blob>();
  #total = 0;

  constructor(private readonly limits: Limits) {}

  /** Stores a blob and gives its path `/v/t...`. Throws SimulatorError `media_too_large`. */
  store(bytes: Uint8Array, type: string): string {
    if (bytes.length > this.limits.mediaBytes)
      throw new SimulatorError('media_too_large', 'blob is beyond the limit');
    const path = `/v/t62.7118-24/${randomBytes(24).toString('base64url')}`;
    this.#blobs.set(path, { bytes: Uint8Array.from(bytes), type });
    this.#total += bytes.length;
    for (const [oldest, blob] of this.#blobs) {
      if (this.#total <= this.limits.mediaTotalBytes) break;
      this.#blobs.delete(oldest);
      this.#total -= blob.bytes.length;
    }
    return path;
  }

  get(path: string): Blob | undefined {
    return this.#blobs.get(path);
  }
}
