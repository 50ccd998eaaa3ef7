/** Stanzas that the gatekeeper sends by itself after the preview, before it waits to be asked. */
const PRIMER = 5;

/**
 * Pulls the gatekeeper's backlog in batches that fit the window of unacknowledged stanzas: preview, primer, then one
 * pull after another until the end marker; live stanzas wait behind it.
 */
export class Backlog {
  #remaining = 0;
  #awaited = 0;
  #active = false;
  #sinceMs: number | undefined;

  constructor(private readonly batch: number) {}

  /** `<ib><offline_preview count/></ib>`: so many stanzas wait. */
  previewed(count: number, nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#active = true;
    this.#remaining = count;
    this.#awaited = Math.min(PRIMER, count);
  }

  /** A stanza that counts towards the backlog arrived. */
  arrived(): void {
    this.#remaining = Math.max(0, this.#remaining - 1);
    this.#awaited = Math.max(0, this.#awaited - 1);
  }

  /** `<ib><offline count/></ib>`: nothing is left. @returns how long it took to come, milliseconds */
  ended(nowMs: number): number {
    this.#active = false;
    return this.#sinceMs === undefined ? 0 : nowMs - this.#sinceMs;
  }

  /**
   * @param free how many more unacknowledged stanzas may be held
   * @returns how many stanzas to pull now; 0 while the last pull is under way, nothing is left, or too few would fit
   */
  pull(free: number): number {
    if (!this.#active || this.#awaited > 0 || free < Math.min(this.batch, PRIMER)) return 0;
    const count = Math.min(this.batch, free);
    this.#awaited = Math.min(count, this.#remaining);
    // With all that was announced in hand, one more pull makes the gatekeeper say the end.
    if (this.#remaining === 0) this.#active = false;
    return count;
  }
}
