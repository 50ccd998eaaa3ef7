import { ContentError, unpadMessage } from '@causeway/content';
import type { ServerFrame } from '@causeway/contracts/fanout';
import type { DeviceStore } from '../store/device-store.js';
import { SuiteError } from '../suites/port.js';
import { peerOf } from './addresses.js';
import { peerBundle } from './bundles.js';
import type { DeviceEmitter } from './events.js';
import type { PeerSessions } from './peer-sessions.js';
import type { Ratchets } from './ratchets.js';
import type { Unreadable } from './unreadable.js';

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;
/** What must be stored before it is acknowledged. */
export type DeliveredFrame = Frame<'message' | 'receipt' | 'identity'>;

/** A message is sent again so often. */
const maxResends = 5;

/** Takes what the gatekeeper delivers into the store. When a call returns, the frame may be acknowledged. */
export class Receiver {
  constructor(
    private readonly parts: {
      readonly store: DeviceStore;
      readonly ratchets: Ratchets;
      readonly sessions: PeerSessions;
      readonly unreadable: Unreadable;
      readonly events: DeviceEmitter;
    },
  ) {}

  /** @throws when the store cannot be written; the frame must not be acknowledged then */
  async take(frame: DeliveredFrame): Promise<void> {
    if (frame.type === 'message') return this.message(frame);
    if (frame.type === 'receipt') return this.receipt(frame);
    return this.identity(frame);
  }

  private async message({ message }: Frame<'message'>): Promise<void> {
    const { store, ratchets, unreadable } = this.parts;
    const { id, from, timestamp: sentAt, encrypted } = message;
    const peer = peerOf(from);
    // Delivered again because an acknowledgement was lost.
    if (store.received.has(peer.name, id)) return;
    const body = new Uint8Array(Buffer.from(encrypted.ciphertext, 'base64'));
    try {
      await ratchets.run(
        (unit) => ratchets.suite.decrypt(unit, peer, { type: encrypted.type, body }),
        (padded) => store.received.add({ sender: peer.name, id, sentAt, content: contentOf(padded) }),
      );
    } catch (error) {
      if (!(error instanceof SuiteError)) throw error;
      unreadable.ask({ sender: peer.name, id, replyTo: from, sentAt }, error.code);
    }
  }

  private async receipt({ receipt }: Frame<'receipt'>): Promise<void> {
    const { store, events } = this.parts;
    const { kind, from, ids } = receipt;
    if (kind === 'retry') return this.retry(receipt);
    const peer = peerOf(from).name;
    // A receipt can overtake the gatekeeper's own word: whoever has a message shows that it was accepted.
    const overtaken = ids.filter((id) => store.outgoing.stateOf(peer, id) === 'queued');
    for (const id of overtaken) {
      if (store.outgoing.settle(id, 'accepted'))
        events.tell('accepted', { id, timestamp: receipt.timestamp });
    }
    const moved = store.transaction(() => store.outgoing.advance(peer, ids, kind));
    if (moved.length > 0) events.tell('receipt', { from: peer, kind, ids: moved });
  }

  private async retry({ from, ids, retry }: Frame<'receipt'>['receipt']): Promise<void> {
    const { store, sessions } = this.parts;
    const count = retry?.count ?? 1;
    if (count > maxResends) return;
    const peer = peerOf(from).name;
    const requeue = () => ids.filter((id) => store.outgoing.requeue(peer, id, count)).length > 0;
    if (!store.transaction(requeue) || retry?.bundle === undefined) return;
    try {
      await sessions.start(from, peerBundle(retry.bundle), () => undefined);
    } catch (error) {
      // Without a usable bundle the message goes out on a session from the gatekeeper's, or waits for the user.
      if (!(error instanceof SuiteError)) throw error;
    }
  }

  private identity({ identity }: Frame<'identity'>): void {
    const { store, events } = this.parts;
    const peer = peerOf(identity.peer).name;
    const known = store.peers.hasChangedIdentity(peer);
    if (store.peers.announceChange(peer) && !known) events.tell('identity', { peer });
  }
}

/** Content whose padding is wrong is kept as it is: the application says that it cannot be shown. */
function contentOf(padded: Uint8Array): Uint8Array {
  try {
    return unpadMessage(padded);
  } catch (error) {
    if (error instanceof ContentError) return padded;
    throw error;
  }
}
