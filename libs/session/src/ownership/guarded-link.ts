import type { Stanza } from '@causeway/xml';
import { LinkRefused, type LinkEnd, type LoggedIn, type UpstreamLink } from '../sessions/ports.js';
import { ownershipUnsure, type OwnershipGuard } from './ownership-guard.js';

/** A link over which nothing is sent while this pod cannot be sure that the session is its own. */
export class GuardedLink implements UpstreamLink {
  /** @param onUnsure told that the pod was not sure for too long: the login is to end */
  constructor(
    private readonly link: UpstreamLink,
    private readonly ownership: OwnershipGuard,
    private readonly onUnsure: (end: LinkEnd) => void,
  ) {}

  async connect(): Promise<LoggedIn> {
    await this.#sure();
    return this.link.connect();
  }

  async query(request: Stanza, timeoutMs: number): Promise<Stanza> {
    if (!this.ownership.sure) await this.#sure();
    return this.link.query(request, timeoutMs);
  }

  async send(outgoing: Stanza): Promise<void> {
    if (!this.ownership.sure) await this.#sure();
    return this.link.send(outgoing);
  }

  onStanza(handle: (received: Stanza) => Promise<void>): void {
    this.link.onStanza(handle);
  }

  onUnreadable(handle: (head: Stanza) => Promise<void>): void {
    this.link.onUnreadable(handle);
  }

  onEnd(handle: (end: LinkEnd) => void): void {
    this.link.onEnd(handle);
  }

  close(): Promise<void> {
    return this.link.close();
  }

  async #sure(): Promise<void> {
    if (this.ownership.sure || (await this.ownership.becomesSure())) return;
    this.onUnsure(ownershipUnsure);
    throw new LinkRefused(ownershipUnsure);
  }
}
