import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Egress } from '../egress/egress.js';
import { httpError } from '../errors/http-error.js';

export interface KeySetOptions {
  readonly url: string;
  readonly egress: Egress;
  readonly clock: Clock;
  /** Told of each fetch: whether it brought a usable set. */
  readonly onFetched?: (good: boolean) => void;
}

/**
 * An issuer's keys. Fetched when first needed, when old, and when a token names an unknown key; at most once in 30
 * seconds whatever tokens come. The last good set stays in use while the issuer cannot be reached.
 */
export class RemoteKeySet {
  private keys: JWTVerifyGetKey | undefined;
  private loadedAtMs = -Infinity;
  private triedAtMs = -Infinity;
  private fetching: Promise<void> | undefined;

  constructor(private readonly options: KeySetOptions) {}

  /** Finds the key that a token's header names. @throws AppError `unavailable` when there never was a set */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.isOld()) {
      const refreshed = this.refresh();
      // While the issuer does not answer nobody waits for it who can be judged by the last good set.
      if (this.keys === undefined) await refreshed;
    }
    const before = this.keys;
    try {
      return await this.current()(header, token);
    } catch (err) {
      if (!(err instanceof errors.JWKSNoMatchingKey)) throw err;
      await this.refresh();
      if (this.keys === before) throw err;
      return this.current()(header, token);
    }
  };

  private current(): JWTVerifyGetKey {
    if (!this.keys) throw httpError('unavailable');
    return this.keys;
  }

  private isOld(): boolean {
    return this.options.clock.monotonicMs() - this.loadedAtMs >= limits.jwksMaxAgeMs.value;
  }

  private async refresh(): Promise<void> {
    const nowMs = this.options.clock.monotonicMs();
    if (!this.fetching && nowMs - this.triedAtMs < limits.jwksRefetchMs.value) return;
    this.triedAtMs = this.fetching ? this.triedAtMs : nowMs;
    this.fetching ??= this.fetch().finally(() => (this.fetching = undefined));
    await this.fetching;
  }

  private async fetch(): Promise<void> {
    const { url, egress, clock, onFetched } = this.options;
    try {
      const { status, body } = await egress.request(url, { maxBytes: limits.jwksBodyBytes.value });
      if (status !== 200) throw httpError('unavailable');
      // jose checks the form, and picks by key id, type and use alone: addresses in a token's header are never followed.
      const keySet = createLocalJWKSet(JSON.parse(body.toString('utf8')) as JSONWebKeySet);
      this.keys = (header, token) => keySet(header, token);
      this.loadedAtMs = clock.monotonicMs();
      onFetched?.(true);
    } catch {
      onFetched?.(false);
    }
  }
}
