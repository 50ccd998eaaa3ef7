import type { DeviceStore } from '../store/device-store.js';
import type { UnreadableMessage } from '../store/received.js';
import type { SuiteErrorCode } from '../suites/port.js';
import { wireBundle } from './bundles.js';
import type { DeviceEmitter } from './events.js';
import type { Link } from './link.js';

/** A message is asked for so often, as the gatekeeper's own clients do. */
const maxRetries = 5;
/** From this request on, new keys go along, so that the sender can start a new session. */
const keysFromCount = 2;

/** Asks senders for messages that could not be decrypted. */
export class Unreadable {
  constructor(
    private readonly store: DeviceStore,
    private readonly link: Link,
    private readonly events: DeviceEmitter,
  ) {}

  /** Remembers the message and asks for it again, or tells the application once that it is lost for now. */
  ask(message: Omit<UnreadableMessage, 'count'>, reason?: SuiteErrorCode): void {
    const count = this.store.received.noteUnreadable(message);
    if (count > maxRetries) {
      const { id, sender: from } = message;
      if (count === maxRetries + 1) this.events.tell('unreadable', { id, from });
      return;
    }
    const withKeys = count >= keysFromCount || reason === 'no_session' || reason === 'prekey_missing';
    const retry = {
      count,
      registrationId: this.store.keys.identity().registrationId,
      timestamp: message.sentAt,
      ...(withKeys && { bundle: this.freshBundle() }),
    };
    const receipt = { to: message.replyTo, kind: 'retry' as const, ids: [message.id], retry };
    this.link.send({ type: 'receipt', receipt });
  }

  /** A session opened: what was asked for may never have reached the sender. */
  askAgain(): void {
    for (const message of this.store.received.unreadable()) {
      if (message.count < maxRetries) this.ask(message);
    }
  }

  private freshBundle() {
    const { registrationId, publicKey } = this.store.keys.identity();
    const signed = this.store.keys.signedPreKey();
    const preKey = this.store.keys.forRetry();
    return wireBundle({
      registrationId,
      identityKey: publicKey,
      signedPreKey: { id: signed.id, key: signed.publicKey, signature: signed.signature },
      ...(preKey && { preKey: { id: preKey.id, key: preKey.publicKey } }),
    });
  }
}
