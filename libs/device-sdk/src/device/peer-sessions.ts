import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { DeviceStore } from '../store/device-store.js';
import type { PeerBundle } from '../suites/port.js';
import { peerOf } from './addresses.js';
import { peerBundle } from './bundles.js';
import type { Link } from './link.js';
import type { Ratchets } from './ratchets.js';

const queryMs = 12_000;
/** A session with a peer is not replaced more often, however often the peer cannot read. */
const replaceEveryMs = 3_600_000;
const maxRemembered = 1_000;

/** How getting a session with a peer ended. */
export type SessionOutcome = 'ready' | 'later' | { readonly refused: string };

/** Starts sessions with peers from bundles that the gatekeeper or the peer gives. */
export class PeerSessions {
  private readonly replacedAt = new Map<string, number>();

  constructor(
    private readonly store: DeviceStore,
    private readonly ratchets: Ratchets,
    private readonly link: Link,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes sure that a message to the peer can be encrypted.
   * @param retryCount how often the peer asked for the message again: from 2 on the session is replaced
   * @throws SuiteError `bundle_invalid`, `identity_changed`
   */
  async prepare(recipient: string, retryCount: number): Promise<SessionOutcome> {
    const has = this.ratchets.suite.hasSession(this.store.ratchet(), peerOf(recipient));
    if (has && !(retryCount >= 2 && this.mayReplace(recipient))) return 'ready';
    const correlationId = randomUUID();
    const query = { kind: 'bundle' as const, peer: recipient };
    const outcome = await this.link.ask(correlationId, { type: 'query', correlationId, query }, queryMs);
    if (outcome.type === 'refused' && !outcome.retryable) return { refused: outcome.code };
    if (outcome.type !== 'answer') return 'later';
    if (outcome.answer.kind === 'failed') {
      return outcome.answer.code === 'recipient_unknown' ? { refused: outcome.answer.code } : 'later';
    }
    if (outcome.answer.kind !== 'bundle') return 'later';
    await this.start(recipient, peerBundle(outcome.answer.bundle), () => undefined);
    return 'ready';
  }

  /** Starts a session from a bundle and commits `also` with it. @throws SuiteError */
  async start(jid: string, bundle: PeerBundle, also: () => void): Promise<void> {
    const peer = peerOf(jid);
    await this.ratchets.run((unit) => this.ratchets.suite.establish(unit, peer, bundle), also);
    this.replacedAt.delete(peer.name);
    this.replacedAt.set(peer.name, this.clock.now());
    const [oldest] = this.replacedAt.keys();
    if (this.replacedAt.size > maxRemembered && oldest !== undefined) this.replacedAt.delete(oldest);
  }

  private mayReplace(name: string): boolean {
    return this.clock.now() - (this.replacedAt.get(name) ?? -replaceEveryMs) >= replaceEveryMs;
  }
}
