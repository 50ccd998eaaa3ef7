import type { SessionKey } from '@causeway/contracts/ids';
import { limits } from '@causeway/limits';
import type { Tunnel } from './tunnel.js';

/** The tunnels of this pod, at most one per device and gatekeeper, and room for those to come. */
export class TunnelRegistry {
  readonly #tunnels = new Map<SessionKey, Tunnel>();
  readonly #byAddress = new Map<string, number>();
  #reserved = 0;

  get size(): number {
    return this.#tunnels.size;
  }

  /**
   * Takes room for a tunnel before its gatekeeper is called.
   * @param address the client's, kept in memory while the room is taken
   * @returns gives the room back; undefined when there is none
   */
  reserve(address: string | undefined): (() => void) | undefined {
    const from = address ?? '';
    const held = this.#byAddress.get(from) ?? 0;
    const full = this.#reserved >= limits.tunnelsPerPod.value || held >= limits.tunnelsPerAddress.value;
    if (full) return undefined;
    this.#reserved += 1;
    this.#byAddress.set(from, held + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#reserved -= 1;
      const left = (this.#byAddress.get(from) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(from, left);
      else this.#byAddress.delete(from);
    };
  }

  /** Registers a tunnel; an older one of the same device is told that another took over. */
  add(tunnel: Tunnel): void {
    this.#tunnels.get(tunnel.owner.sessionKey)?.close('replaced');
    this.#tunnels.set(tunnel.owner.sessionKey, tunnel);
  }

  remove(tunnel: Tunnel): void {
    const { sessionKey } = tunnel.owner;
    if (this.#tunnels.get(sessionKey) === tunnel) this.#tunnels.delete(sessionKey);
  }

  get(sessionKey: string): Tunnel | undefined {
    return this.#tunnels.get(sessionKey as SessionKey);
  }

  all(): readonly Tunnel[] {
    return [...this.#tunnels.values()];
  }
}
