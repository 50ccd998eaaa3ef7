import type { SessionKey } from '@causeway/contracts/ids';
import type { Presence } from '@causeway/coordination';
import { limits } from '@causeway/limits';

/**
 * Takes connections out of presence. One for which coordination could not be reached is tried again: the lease of this
 * pod, which goes on, would show the device as connected, and nobody would wake it.
 */
export class SignOffs {
  readonly #owed = new Map<SessionKey, number>();

  constructor(private readonly presence: Presence) {}

  /**
   * Never throws.
   * @returns whether the connection was the device's current one, or may have been
   */
  async signOff(sessionKey: SessionKey, epoch: number): Promise<boolean> {
    try {
      return await this.presence.remove(sessionKey, epoch);
    } catch {
      this.#owe(sessionKey, epoch);
      return true;
    }
  }

  /** Makes up for what could not be done. @throws {CoordinationError} when it still cannot */
  async retry(): Promise<void> {
    for (const [sessionKey, epoch] of this.#owed) {
      await this.presence.remove(sessionKey, epoch);
      if (this.#owed.get(sessionKey) === epoch) this.#owed.delete(sessionKey);
    }
  }

  #owe(sessionKey: SessionKey, epoch: number): void {
    const [oldest] = this.#owed.keys();
    if (this.#owed.size >= limits.socketsPerPod.value && oldest !== undefined) this.#owed.delete(oldest);
    this.#owed.set(sessionKey, epoch);
  }
}
