import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';

import type { LinkEnd } from '../sessions/ports.js';

const LOOK_MS = 200;

/** How a login ends whose pod cannot be sure of it for too long. */
export const ownershipUnsure: LinkEnd = { code: 'ownership_unsure', advice: 'reconnect' };

/**
 * Keeps a pod from acting for sessions that may be another pod's already: while it has heard nothing of its group for
 * too long, as after the process stood still, no login is begun and no stanza sent.
 */
export class OwnershipGuard {
  #becomingSure: Promise<boolean> | undefined;

  /** @param isSure whether this pod can be sure to have its partitions */
  constructor(
    private readonly clock: Clock,
    private readonly isSure: () => boolean,
  ) {}

  get sure(): boolean {
    return this.isSure();
  }

  /**
   * Waits until this pod is sure again; all who wait go on in the order in which they came.
   * @returns false when it is not sure within `ownershipDoubtMs`
   */
  becomesSure(): Promise<boolean> {
    this.#becomingSure ??= this.#watch().finally(() => (this.#becomingSure = undefined));
    return this.#becomingSure;
  }

  async #watch(): Promise<boolean> {
    const untilMs = this.clock.monotonicMs() + limits.ownershipDoubtMs.value;
    while (!this.isSure()) {
      if (this.clock.monotonicMs() >= untilMs) return false;
      await new Promise<void>((resolve) => void this.clock.setTimeout(resolve, LOOK_MS));
    }
    return true;
  }
}
