/**
 * Notices that something which a login handed on is missing, by the numbers of the received stanzas: it was lost with
 * the ephemeral mailbox, or did not fit into it. What comes behind a gap must not overtake what is missing (invariant
 * 3). It is held back: unacknowledged, the gatekeeper delivers all of it again, in order, at the next login.
 */
export class RefSequence {
  #next: number | undefined;
  #broken = false;
  /** The login before had a gap, and what was missing did not come with this one either. */
  #waitedBefore = false;

  /** A login begins. @param afterRef the number after which its first stanza comes, when the session says it */
  begin(afterRef: number | undefined): void {
    this.#waitedBefore = this.#broken;
    this.#broken = false;
    this.#next = afterRef === undefined ? undefined : afterRef + 1;
  }

  /**
   * @returns whether the stanza may be handed to the device. A gap in two logins running holds nothing back: a stanza
   * that never arrives must not keep all others from the device.
   */
  admits(ref: number): boolean {
    this.#next ??= ref;
    if (ref > this.#next) this.#broken = true;
    if (this.#broken && !this.#waitedBefore) return false;
    this.#next = Math.max(this.#next, ref + 1);
    return true;
  }
}
