import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { MintedToken } from './mint.js';

/**
 * Minted tokens, each reused for the first half of its life: what is handed out lives at least as long again. When it
 * is full the one that was used least recently goes.
 */
export class TokenCache {
  private readonly tokens = new Map<string, MintedToken>();

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly maxItems: number = limits.tokenCacheItems.value,
  ) {}

  /** @param name everything that the token depends on */
  get(name: string): MintedToken | undefined {
    const known = this.tokens.get(name);
    if (known === undefined) return undefined;
    this.tokens.delete(name);
    const now = this.clock.now();
    // A clock that was set back makes a token seem new that is not.
    if (now < known.issuedAt || now > (known.issuedAt + known.expiresAt) / 2) return undefined;
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
