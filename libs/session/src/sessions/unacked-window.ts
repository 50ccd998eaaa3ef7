import type { Settleable } from '../stanzas/ack.js';

/** Far more stanzas than a login can bring in a millisecond, and numbers stay below 2^53 until the year 2255. */
const REFS_PER_MS = 1000;

interface Entry {
  readonly stanza: Settleable;
  readonly receivedAtMs: number;
}

/**
 * Stanzas that were handed on and that the gatekeeper must not be told about yet. Each has a number that grows by one
 * within a login, so that a missing one shows, and from login to login, so that a late acknowledgement never settles
 * another login's stanza.
 */
export class UnackedWindow {
  readonly #entries = new Map<number, Entry>();
  #lastRef: number;

  /**
   * @param capacity most stanzas held at a time
   * @param loginAtMs when the login began, milliseconds since 1970
   */
  constructor(
    private readonly capacity: number,
    loginAtMs: number,
  ) {
    this.#lastRef = loginAtMs * REFS_PER_MS;
  }

  /** The number after which the next one comes. */
  get lastRef(): number {
    return this.#lastRef;
  }

  /** @returns how many more stanzas fit. */
  get free(): number {
    return this.capacity - this.#entries.size;
  }

  /** @returns the stanza's number, or undefined when the window is full. */
  add(stanza: Settleable, nowMs: number): number | undefined {
    if (this.free <= 0) return undefined;
    this.#lastRef += 1;
    this.#entries.set(this.#lastRef, { stanza, receivedAtMs: nowMs });
    return this.#lastRef;
  }

  /** Takes stanzas out, to be settled; numbers that are not there (settled before) are passed over. */
  take(refs: readonly number[]): Settleable[] {
    return refs.flatMap((ref) => {
      const entry = this.#entries.get(ref);
      this.#entries.delete(ref);
      return entry === undefined ? [] : [entry.stanza];
    });
  }

  /** Forgets messages of a sender that something else has settled. */
  forget(from: string, ids: readonly string[]): void {
    for (const [ref, { stanza }] of this.#entries) {
      const named = stanza.stanzaClass === 'message' && ids.includes(stanza.id);
      if (named && (stanza.participant ?? stanza.from) === from) this.#entries.delete(ref);
    }
  }

  /** @returns how long the oldest stanza has waited, in milliseconds; 0 when none waits. */
  oldestAgeMs(nowMs: number): number {
    const [oldest] = this.#entries.values();
    return oldest === undefined ? 0 : nowMs - oldest.receivedAtMs;
  }
}
