import type { ServerFrame } from '@causeway/contracts/fanout';
import type { FrameSocket, SocketEnd, SocketListener } from '../api/socket.js';
import type { Clock, Timer } from '../clock.js';
import type { DeviceStore } from '../store/device-store.js';
import type { SignalSuite, SignedPreKeyPair } from '../suites/port.js';
import { peerOf } from './addresses.js';
import { DeviceError } from './errors.js';
import type { DeviceEmitter } from './events.js';
import { FrameQueue } from './frame-queue.js';
import type { KeyPublisher } from './key-publisher.js';
import { Link } from './link.js';
import { PeerSessions } from './peer-sessions.js';
import type { NoiseKey } from './noise-key.js';
import type { Presenter } from './presenter.js';
import { Ratchets } from './ratchets.js';
import { Receiver } from './receiver.js';
import { Sender } from './sender.js';
import { SignedPreKeyRenewal } from './signed-prekey-renewal.js';
import { Unreadable } from './unreadable.js';
import { newStanzaId } from './compose.js';

interface Parts {
  readonly socket: (deviceId: string, listener: SocketListener) => FrameSocket;
  readonly gatekeeper: string;
  readonly store: DeviceStore;
  readonly suite: SignalSuite;
  readonly events: DeviceEmitter;
  readonly keys: KeyPublisher;
  readonly noiseKey: NoiseKey;
  readonly presenter: Presenter;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The device's connection: the socket to the provider, and over it the session with the gatekeeper. */
export class Connection {
  private socket: FrameSocket | undefined;
  private readonly link: Link;
  private readonly queue: FrameQueue;
  private readonly ratchets: Ratchets;
  private readonly sender: Sender;
  private readonly unreadable: Unreadable;
  private readonly renewal: SignedPreKeyRenewal;
  /** Who waits for the session to open; several calls share it. */
  /** The server says that the user has withdrawn. */
  private left = false;
  private waiter: PromiseWithResolvers<void> | undefined;

  constructor(private readonly parts: Parts) {
    const { store, suite, events, clock, random, gatekeeper } = parts;
    this.link = new Link(gatekeeper, clock, (frame) => this.socket?.send(frame) ?? false);
    this.ratchets = new Ratchets(store, suite, events);
    const { link, ratchets } = this;
    const sessions = new PeerSessions(store, ratchets, link, clock);
    this.sender = new Sender({ store, ratchets, sessions, link, events, clock, random });
    this.unreadable = new Unreadable(store, link, events);
    this.renewal = new SignedPreKeyRenewal(store, parts.keys, clock);
    const receiver = new Receiver({ store, ratchets, sessions, unreadable: this.unreadable, events });
    this.queue = new FrameQueue({
      take: (frame) => receiver.take(frame),
      acknowledge: (deliveries) => void link.send({ type: 'ack', deliveries }),
      stored: () => {
        parts.presenter.kick();
        this.sender.kick();
      },
      pause: () => this.socket?.pause(),
      resume: () => this.socket?.resume(),
      failed: () => this.socket?.restart(),
    });
  }

  /** @throws DeviceError `connect_timeout`, `session_refused`; the device goes on trying after the first */
  async start(deviceId: string, withinMs: number): Promise<void> {
    const { clock, socket } = this.parts;
    this.socket ??= socket(deviceId, {
      opened: () => this.parts.events.tell('connection', { online: true }),
      closed: () => this.lost(),
      ended: (code) => this.ended(code),
      frame: (frame) => this.safely(frame),
    });
    if (this.link.open) return;
    const { promise } = (this.waiter ??= Promise.withResolvers<void>());
    let timer: Timer;
    const late = new Promise<void>((_resolve, reject) => {
      timer = clock.setTimeout(() => reject(new DeviceError('connect_timeout')), withinMs);
    });
    this.socket.start();
    await Promise.race([promise, late]).finally(() => clock.clearTimeout(timer));
  }

  stop(): void {
    this.gone(new DeviceError('not_connected'));
    this.socket?.stop();
    this.socket = undefined;
  }

  /** Stops, and waits until nothing writes to the store any more. */
  async close(): Promise<void> {
    this.stop();
    await this.ratchets.idle();
  }

  /** Looks for messages to send. Once the user has left, nothing is sent and everything is refused. */
  kick(): void {
    if (this.left) this.refuseWaiting();
    else this.sender.kick();
  }

  private refuseWaiting(): void {
    const { store, events } = this.parts;
    for (const id of store.outgoing.refuseAll()) events.tell('refused', { id, code: 'not_enlisted' });
  }

  /** @throws DeviceError `not_connected` */
  sendTyping(to: string, paused: boolean): { id: string } {
    const typing = { to, state: paused ? ('paused' as const) : ('composing' as const) };
    if (!this.link.open || !this.link.send({ type: 'typing', typing }))
      throw new DeviceError('not_connected');
    return { id: newStanzaId() };
  }

  /** @throws DeviceError `content_missing` */
  sendRead(to: string, id: string | undefined): { id: string } {
    if (id === undefined) throw new DeviceError('content_missing');
    this.parts.store.receiptsDue.add(to, id);
    this.sendReceiptsDue();
    return { id };
  }

  private sendReceiptsDue(): void {
    const { receiptsDue } = this.parts.store;
    if (!this.link.open) return;
    for (const { recipient: to, id } of receiptsDue.all()) {
      if (!this.link.send({ type: 'receipt', receipt: { to, kind: 'read', ids: [id] } })) return;
      receiptsDue.remove(to, id);
    }
  }

  /** Gives the gatekeeper a new signed prekey, where the device connects by itself. @throws ChatError */
  async rotateSignedPreKey(signed: SignedPreKeyPair): Promise<void> {
    await this.socket?.rotateSignedPreKey?.(signed);
  }

  /** When the store cannot be written, everything is delivered again by another connection. */
  private safely(frame: ServerFrame): void {
    try {
      this.frame(frame);
    } catch {
      this.socket?.restart();
    }
  }

  private frame(frame: ServerFrame): void {
    if (frame.gatekeeper !== this.parts.gatekeeper) return;
    switch (frame.type) {
      case 'message':
      case 'receipt':
      case 'identity':
        return this.queue.add(frame);
      case 'typing':
        return this.parts.events.tell('typing', {
          from: peerOf(frame.typing.from).name,
          state: frame.typing.state,
        });
      case 'session':
        return this.session(frame);
      case 'noise-dh':
        return this.agree(frame);
      case 'prekeys-low':
        // A failure is followed by another notice.
        return void this.parts.keys.publish().catch(() => undefined);
      default:
        return this.outcome(frame);
    }
  }

  /** The session logs in with the key that is here alone. */
  private agree(frame: Extract<ServerFrame, { type: 'noise-dh' }>): void {
    const { gatekeeper, correlationId } = frame;
    const answer = this.parts.noiseKey.answer(frame);
    if (answer !== undefined) this.socket?.send({ type: 'noise-dh', gatekeeper, correlationId, answer });
  }

  private session({ state, code, jid }: Extract<ServerFrame, { type: 'session' }>): void {
    const { store, events } = this.parts;
    if (state === 'open') {
      if (jid !== undefined) store.meta.put('own_jid', jid);
      this.link.opened();
    } else this.link.closed();
    events.tell('session', { state, ...(code !== undefined && { code }), ...(jid !== undefined && { jid }) });
    if (state === 'withdrawn') this.left = true;
    if (state === 'opening' || state === 'open') this.left = false;
    if (this.left) this.refuseWaiting();
    if (state === 'refused' || state === 'withdrawn') {
      this.gone(new DeviceError('session_refused', code ?? state));
    }
    if (state !== 'open') return;
    this.waiter?.resolve();
    this.waiter = undefined;
    this.unreadable.askAgain();
    this.sendReceiptsDue();
    this.sender.kick();
    // Whoever closes the folder meanwhile finds the same key there the next time.
    void this.renewal.run(this.link.signal).catch(() => undefined);
  }

  /** An outcome that nobody waits for any more still settles its message. */
  private outcome(frame: Extract<ServerFrame, { type: 'answer' | 'accepted' | 'refused' }>): void {
    if (this.link.settle(frame)) return;
    const { store, events } = this.parts;
    if (frame.type === 'accepted' && store.outgoing.settle(frame.id, 'accepted')) {
      events.tell('accepted', { id: frame.id, timestamp: frame.timestamp });
    }
    if (frame.type !== 'refused' || frame.id === undefined || frame.retryable) return;
    if (store.outgoing.settle(frame.id, 'refused'))
      events.tell('refused', { id: frame.id, code: frame.code });
  }

  private gone(error: DeviceError): void {
    // Nobody may be waiting any more.
    this.waiter?.promise.catch(() => undefined);
    this.waiter?.reject(error);
    this.waiter = undefined;
  }

  private lost(): void {
    this.queue.clear();
    this.link.closed();
    this.parts.events.tell('connection', { online: false });
  }

  private ended(code: SocketEnd): void {
    this.parts.events.tell('connection', { online: false, code });
    this.gone(new DeviceError('session_refused', code));
  }
}
