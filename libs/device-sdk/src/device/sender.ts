import { padMessage } from '@causeway/content';
import { backoffMs } from '../api/backoff.js';
import type { Clock } from '../clock.js';
import { sleep } from '../clock.js';
import type { DeviceStore } from '../store/device-store.js';
import type { OutgoingMessage } from '../store/outgoing.js';
import { SuiteError } from '../suites/port.js';
import type { Ciphertext } from '../suites/port.js';
import { peerOf } from './addresses.js';
import { base64 } from './bundles.js';
import type { DeviceEmitter } from './events.js';
import type { Link } from './link.js';
import type { PeerSessions } from './peer-sessions.js';
import type { Ratchets } from './ratchets.js';

/** The server answers a command within 30 s or never. */
const outcomeMs = 40_000;
const bounds = { firstMs: 200, maxMs: 30_000 };
/** Conversations that are sent to at the same time. */
const maxLanes = 32;

type Step = 'settled' | 'later' | 'held';

/**
 * Sends what waits in the store while a session is open: the messages of one conversation one after the other, each
 * with one id and one ciphertext until the server has accepted or refused it.
 */
export class Sender {
  private readonly lanes = new Set<string>();

  constructor(
    private readonly parts: {
      readonly store: DeviceStore;
      readonly ratchets: Ratchets;
      readonly sessions: PeerSessions;
      readonly link: Link;
      readonly events: DeviceEmitter;
      readonly clock: Clock;
      readonly random: () => number;
    },
  ) {}

  /** Looks for work: after a message was queued, a session opened, or an identity was accepted. */
  kick(): void {
    const { store, link } = this.parts;
    if (!link.open) return;
    for (const recipient of store.outgoing.waitingRecipients()) {
      if (this.lanes.size >= maxLanes) return;
      if (this.lanes.has(recipient) || store.peers.hasChangedIdentity(recipient)) continue;
      this.lanes.add(recipient);
      void this.drain(recipient)
        .catch(() => false)
        .then((more) => {
          this.lanes.delete(recipient);
          if (more) this.kick();
        });
    }
  }

  /** @returns true when something may wait still */
  private async drain(recipient: string): Promise<boolean> {
    const { store, link, clock, random } = this.parts;
    const { signal } = link;
    for (let failures = 0; !signal.aborted;) {
      const message = store.outgoing.nextFor(recipient);
      if (message === undefined) return true;
      const step = await this.attempt(message);
      if (step === 'held') return false;
      failures = step === 'settled' ? 0 : failures + 1;
      if (failures > 0 && !(await sleep(clock, backoffMs(failures, bounds, random()), signal))) break;
    }
    return true;
  }

  private async attempt(message: OutgoingMessage): Promise<Step> {
    try {
      const encrypted = message.encrypted ?? (await this.encrypt(message));
      return typeof encrypted === 'string' ? encrypted : await this.send(message, encrypted);
    } catch (error) {
      if (!(error instanceof SuiteError)) throw error;
      // A changed identity holds the conversation until the user has accepted it.
      if (error.code === 'identity_changed') return 'held';
      return this.refused(message.id, error.code);
    }
  }

  private async encrypt({
    id,
    recipient,
    plaintext,
    retryCount,
  }: OutgoingMessage): Promise<Ciphertext | Step> {
    const { sessions, ratchets, store } = this.parts;
    const outcome = await sessions.prepare(recipient, retryCount);
    if (outcome === 'later') return 'later';
    if (outcome !== 'ready') return this.refused(id, outcome.refused);
    return ratchets.run(
      (unit) => ratchets.suite.encrypt(unit, peerOf(recipient), padMessage(plaintext)),
      (encrypted) => store.outgoing.setEncrypted(id, encrypted),
    );
  }

  private async send(message: OutgoingMessage, { type, body }: Ciphertext): Promise<Step> {
    const { link, store, events } = this.parts;
    const { id, recipient: to, stanzaType, retryCount } = message;
    const encrypted = { type, ciphertext: base64(body) };
    const retry = retryCount > 0 ? { retryCount } : {};
    const frame = { type: 'send' as const, id, message: { to, stanzaType, encrypted, ...retry } };
    const outcome = await link.ask(id, frame, outcomeMs);
    if (outcome.type === 'accepted') {
      // The recipient may have asked for it again before the gatekeeper's own word came: then it is to be sent again.
      if (store.outgoing.settle(id, 'accepted', retryCount))
        events.tell('accepted', { id, timestamp: outcome.timestamp });
      return 'settled';
    }
    if (outcome.type === 'refused' && !outcome.retryable) return this.refused(id, outcome.code);
    return 'later';
  }

  private refused(id: string, code: string): Step {
    if (this.parts.store.outgoing.settle(id, 'refused')) this.parts.events.tell('refused', { id, code });
    return 'settled';
  }
}
