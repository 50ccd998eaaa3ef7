import type { Adapter, AdapterPayload } from 'oidc-provider';

const MAX_ENTRIES = 1000;

/**
 * Keeps what the identity provider remembers, which is the grants behind its tokens (the tokens themselves are signed).
 * Beyond a thousand entries the oldest go. Nothing is found by session or user code: neither is ever made.
 */
export class GrantMemory {
  readonly #entries = new Map<string, { readonly payload: AdapterPayload; readonly until: number }>();

  /** @returns the view of one kind of entries. */
  adapter(kind: string): Adapter {
    const entries = this.#entries;
    const keyOf = (id: string) => `${kind}:${id}`;
    const none = () => Promise.resolve(undefined);
    return {
      async upsert(id, payload, expiresInSeconds = Infinity) {
        entries.delete(keyOf(id));
        entries.set(keyOf(id), { payload, until: Date.now() + expiresInSeconds * 1000 });
        const [oldest] = entries.keys();
        if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
      },
      async find(id) {
        const entry = entries.get(keyOf(id));
        return entry !== undefined && entry.until > Date.now() ? entry.payload : undefined;
      },
      async destroy(id) {
        entries.delete(keyOf(id));
      },
      findByUid: none,
      findByUserCode: none,
      consume: none,
      revokeByGrantId: none,
    };
  }
}
