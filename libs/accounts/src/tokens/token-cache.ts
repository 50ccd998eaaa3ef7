import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';

/** A minted token and when it expires, milliseconds since 1970. */
export interface MintedToken {
  readonly token: string;
  readonly expiresAt: number;
}

/**
 * Minted tokens, reused until shortly before they expire. When it is full the one that was used least recently goes.
 */
export class TokenCache {
  private readonly tokens = new Map<string, MintedToken>();

  constructor(
    private readonly clock: Clock,
    private readonly maxItems: number = limits.tokenCacheItems.value,
  ) {}

  /** @param name everything that the token depends on */
  get(name: string): MintedToken | undefined {
    const known = this.tokens.get(name);
    if (known === undefined) return undefined;
    this.tokens.delete(name);
    if (known.expiresAt - this.clock.now() <= limits.tokenReuseMarginMs.value) return undefined;
    this.tokens.set(name, known);
    return known;
  }

  put(name: string, token: MintedToken): void {
    this.tokens.delete(name);
    this.tokens.set(name, token);
    const oldest = this.tokens.keys().next();
    if (this.tokens.size > this.maxItems && oldest.done !== true) this.tokens.delete(oldest.value);
  }
}
