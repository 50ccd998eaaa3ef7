import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { Clock } from '../clock.js';
import type { Limits } from '../limits.js';
import { fetchBounded } from '../outbound.js';

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** The partner's published keys, fetched over HTTP, kept for a while, and fetched again for an unknown `kid`. */
export class PartnerKeys {
  #keys: KeySet | undefined;
  #fetchedAt = 0;
  #kids = new Set<string>();
  #url = '';
  #pending: Promise<void> | undefined;

  constructor(
    private readonly url: () => string,
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  /** A key set that contains `kid` if the partner publishes it. Throws when the partner cannot be reached. */
  async for(kid: string): Promise<KeySet> {
    const age = this.clock.now() - this.#fetchedAt;
    const stale = !this.#keys || this.#url !== this.url() || age > this.limits.jwksMaxAgeMs;
    if (stale || (!this.#kids.has(kid) && age >= this.limits.jwksAgainMs)) {
      this.#pending ??= this.#fetch().finally(() => {
        this.#pending = undefined;
      });
      await this.#pending;
    }
    return this.#keys as KeySet;
  }

  async #fetch(): Promise<void> {
    const url = this.url();
    const reply = await fetchBounded(url, this.limits.jwksBytes, this.limits.outboundTimeoutMs);
    if (reply.status !== 200) throw new Error('partner keys: not 200');
    const json = JSON.parse(Buffer.from(reply.body).toString('utf8')) as JSONWebKeySet;
    this.#keys = createLocalJWKSet(json);
    this.#kids = new Set(json.keys.flatMap((key) => (key.kid === undefined ? [] : [key.kid])));
    this.#url = url;
    this.#fetchedAt = this.clock.now();
  }
}
