import { RecentSet } from './recent-set.js';

export interface OneTimePreKey {
  readonly id: number;
  /** 32 raw bytes. */
  readonly key: Uint8Array;
}

/** The one-time prekeys of one account; each leaves the pool when it is handed out. */
export class PreKeyPool {
  readonly #keys = new Map<number, Uint8Array>();
  /** Keys that were handed out; whoever offers one again breaks the promise of one-time keys. */
  readonly #handedOut: RecentSet;
  #repeated = 0;
  #lowNoticed = false;

  constructor(
    private readonly max: number,
    private readonly low: number,
  ) {
    this.#handedOut = new RecentSet(max);
  }

  get count(): number {
    return this.#keys.size;
  }

  /** How many keys were offered again after they had been handed out. */
  get repeated(): number {
    return this.#repeated;
  }

  get ids(): number[] {
    return [...this.#keys.keys()];
  }

  /** False, and nothing stored, when the pool would grow beyond its bound. */
  add(keys: readonly OneTimePreKey[]): boolean {
    const grown = new Set([...this.#keys.keys(), ...keys.map((key) => key.id)]);
    if (grown.size > this.max) return false;
    for (const { id, key } of keys) {
      if (this.#handedOut.has(textOf(key))) this.#repeated += 1;
      this.#keys.set(id, key);
    }
    if (this.count >= this.low) this.#lowNoticed = false;
    return true;
  }

  take(): OneTimePreKey | undefined {
    const [first] = this.#keys;
    if (!first) return undefined;
    this.#keys.delete(first[0]);
    this.#handedOut.add(textOf(first[1]));
    return { id: first[0], key: first[1] };
  }

  keyOf(id: number): Uint8Array | undefined {
    return this.#keys.get(id);
  }

  /** True once each time the pool has sunk below the mark. */
  sankLow(): boolean {
    const sank = this.count < this.low && !this.#lowNoticed;
    if (sank) this.#lowNoticed = true;
    return sank;
  }

  clear(): void {
    this.#keys.clear();
    this.#lowNoticed = false;
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key).toString('base64');
}
