import { hash } from 'node:crypto';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';

interface Verified {
  /** By the wall clock, as the token says. */
  readonly expiresAtMs: number;
  /** By the monotonic clock. */
  readonly forgetAtMs: number;
}

/**
 * Bearers whose signature was verified by one reading of the gatekeeper's keys: the gatekeeper uses one again until it
 * expires. Each is forgotten after the time for which a key set is believed, so that a key that the gatekeeper takes
 * back is not believed through this.
 */
export class VerifiedBearers {
  readonly #verified = new Map<string, Verified>();

  constructor(private readonly clock: Clock) {}

  /** @param digest of the bearer */
  has(digest: string): boolean {
    const known = this.#verified.get(digest);
    if (known === undefined) return false;
    return this.clock.now() < known.expiresAtMs && this.clock.monotonicMs() < known.forgetAtMs;
  }

  /** Remembers one; at the bound the oldest goes. */
  add(digest: string, expiresAtMs: number): void {
    const [oldest] = this.#verified.keys();
    if (this.#verified.size >= limits.verifiedBearers.value && oldest !== undefined) {
      this.#verified.delete(oldest);
    }
    const forgetAtMs = this.clock.monotonicMs() + limits.jwksMaxAgeMs.value;
    this.#verified.set(digest, { expiresAtMs, forgetAtMs });
  }
}

/** Not the bearer itself: it may be of 8 KiB, and comparing it would take time that tells how much of it is right. */
export const digestOf = (bearer: string): string => hash('sha256', bearer, 'base64url');
