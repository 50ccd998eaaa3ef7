import { type Jid, jidEquals } from '@causeway/jid';
import type { Settleable } from '../stanzas/ack.js';

/** Far more stanzas than a login can bring in a millisecond, and numbers stay below 2^53 until the year 2255. */
const REFS_PER_MS = 1000;

/** How a stanza is settled upstream: by an acknowledgement, by a receipt for its sender, or by something sent before. */
export type Settlement = 'ack' | 'delivered' | 'nothing';

/** A stanza that may be settled now, since all before it are. */
export interface Settled {
  readonly stanza: Settleable;
  readonly how: Exclude<Settlement, 'nothing'>;
}

interface Entry {
  readonly stanza: Settleable;
  readonly receivedAtMs: number;
  settled?: Settlement;
}

/**
 * Stanzas that were handed on and that the gatekeeper must not be told about yet. Each has a number that grows by one
 * within a login, so that a missing one shows, and from login to login, so that a late acknowledgement never settles
 * another login's stanza.
 */
export class UnackedWindow {
  readonly #entries = new Map<number, Entry>();
  #lastRef: number;
  #awaited: PromiseWithResolvers<void> | undefined;
  #over = false;

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

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** @returns how many more stanzas fit. */
  get free(): number {
    return this.capacity - this.#entries.size;
  }

  /**
   * Takes a stanza, once there is room: whoever reads from the gatekeeper waits for it, and so stops reading.
   * @param now monotonic milliseconds
   * @returns the stanza's number, or undefined when the login ended first
   */
  async add(stanza: Settleable, now: () => number): Promise<number | undefined> {
    while (this.free <= 0 && !this.#over) await this.#room();
    if (this.#over) return undefined;
    this.#lastRef += 1;
    this.#entries.set(this.#lastRef, { stanza, receivedAtMs: now() });
    return this.#lastRef;
  }

  /**
   * Marks stanzas as settled; numbers that are not there (settled before) are passed over.
   * @returns what is settled upstream now, in the order of arrival: nothing behind a stanza that still waits
   */
  settle(refs: readonly number[], how: (stanza: Settleable) => Settlement): Settled[] {
    for (const ref of refs) {
      const entry = this.#entries.get(ref);
      if (entry !== undefined) entry.settled ??= how(entry.stanza);
    }
    return this.#takePrefix();
  }

  /** As `settle`, for messages of a sender that something else has settled already. */
  forget(from: Jid, ids: readonly string[]): Settled[] {
    for (const entry of this.#entries.values()) {
      const { stanza } = entry;
      const named = stanza.stanzaClass === 'message' && ids.includes(stanza.id);
      const sender = stanza.participant ?? stanza.from;
      if (named && typeof sender === 'object' && jidEquals(sender, from)) entry.settled ??= 'nothing';
    }
    return this.#takePrefix();
  }

  #takePrefix(): Settled[] {
    const prefix: Settled[] = [];
    for (const [ref, { stanza, settled }] of this.#entries) {
      if (settled === undefined) break;
      this.#entries.delete(ref);
      if (settled !== 'nothing') prefix.push({ stanza, how: settled });
    }
    if (this.free > 0) this.#freed();
    return prefix;
  }

  /** The login is over: nothing is taken any more, and nobody waits. */
  over(): void {
    this.#over = true;
    this.#freed();
  }

  #room(): Promise<void> {
    this.#awaited ??= Promise.withResolvers();
    return this.#awaited.promise;
  }

  #freed(): void {
    this.#awaited?.resolve();
    this.#awaited = undefined;
  }

  /** @returns how long the oldest stanza has waited, in milliseconds; 0 when none waits. */
  oldestAgeMs(nowMs: number): number {
    const [oldest] = this.#entries.values();
    return oldest === undefined ? 0 : nowMs - oldest.receivedAtMs;
  }
}
