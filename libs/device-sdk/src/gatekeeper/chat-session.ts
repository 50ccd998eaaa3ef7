import { randomUUID } from 'node:crypto';
import { IncomingTyping, PeerIdentity } from '@causeway/contracts/downstream';
import type { DeviceFrame, ServerFrame } from '@causeway/contracts/fanout';
import { GatekeeperId } from '@causeway/contracts/ids';
import { refusalOfMessage } from '@causeway/contracts/session';
import { JidError } from '@causeway/jid';
import { child, children, type Stanza, textAttr } from '@causeway/xml';
import type { KeyStore } from '../store/keys.js';
import type { SignedPreKeyPair } from '../suites/port.js';
import { ChatError } from './chat-error.js';
import type { ChatChannel } from './chat-channel.js';
import { bundleIn, bundleQuery, preKeyCount, preKeyUpload, signedPreKeyRotation } from './keys.js';
import {
  active,
  blockChange,
  concernsSender,
  decimal,
  isMisaddressed,
  messageIn,
  messageOut,
  offlineBatch,
  receiptIn,
  receiptOut,
  senderOf,
  settle,
  typingOut,
} from './stanzas.js';

type Unaddressed = ServerFrame extends infer Frame
  ? Frame extends ServerFrame
    ? Omit<Frame, 'gatekeeper'>
    : never
  : never;

/** What a session needs of its connection. */
export type SessionChannel = Pick<ChatChannel, 'send' | 'query' | 'pause' | 'resume'>;

/** Why nothing is read for now: too much is unacknowledged, or the device asked for it. */
type Hold = 'unacknowledged' | 'device';

/** Stanzas that the device has not acknowledged; beyond it nothing more is read before it does. */
const maxUnacknowledged = 256;
const batch = 100;
/** The gatekeeper's directory is filled up below so many one-time prekeys, with so many. */
const preKeys = { low: 5, upload: 100 };
const parsingFailed = 487;
const unknownStanza = 488;
/** Exchanges of their own, which nobody settles. */
const neverSettled: readonly string[] = ['ack', 'ib', 'chatstate'];

/** A login that stands, told in the frames in which the provider's session service would tell it. */
export class ChatSession {
  readonly #gatekeeper: GatekeeperId;
  readonly #unacknowledged = new Map<string, Stanza>();
  readonly #holds = new Set<Hold>();
  #channel: SessionChannel | undefined;
  #filling = false;

  constructor(
    gatekeeper: string,
    private readonly keys: KeyStore,
    private readonly deliver: (frame: ServerFrame) => void,
  ) {
    this.#gatekeeper = GatekeeperId.parse(gatekeeper);
  }

  /** Fills the gatekeeper's directory and asks for what waits. @throws ChatError */
  async begin(channel: SessionChannel, jid: string): Promise<void> {
    this.#channel = channel;
    await this.#fillDirectory(channel);
    this.#tell({ type: 'session', state: 'open', jid });
    await channel.query(active());
  }

  ended(): void {
    this.#channel = undefined;
    this.#unacknowledged.clear();
    this.#holds.clear();
  }

  /** Reads nothing more from the gatekeeper until `resume`. */
  pause(): void {
    this.#hold('device');
  }

  resume(): void {
    this.#release('device');
  }

  /** @returns false when there is no connection */
  send(frame: DeviceFrame): boolean {
    const channel = this.#channel;
    if (channel === undefined) return false;
    try {
      return this.#carryOut(channel, frame);
    } catch (error) {
      if (!(error instanceof JidError)) throw error;
      // Whom it names is no address. As at the session service, only who sends a message waits for an outcome.
      if (frame.type === 'send')
        this.#tell({ type: 'refused', id: frame.id, code: 'stanza_invalid', retryable: false });
      return true;
    }
  }

  /** @throws ChatError `chat_lost` without a connection, `query_refused`, `query_timeout` */
  async rotateSignedPreKey(signed: SignedPreKeyPair): Promise<void> {
    if (this.#channel === undefined) throw new ChatError('chat_lost');
    await this.#channel.query(signedPreKeyRotation(signed));
  }

  /** @throws JidError */
  #carryOut(channel: SessionChannel, frame: DeviceFrame): boolean {
    switch (frame.type) {
      case 'send':
        return channel.send(messageOut(frame.id, frame.message));
      case 'receipt':
        return channel.send(receiptOut(frame.receipt));
      case 'typing':
        return channel.send(typingOut(frame.typing));
      case 'block':
        void channel.query(blockChange(frame.block.peer, frame.block.action)).catch(() => undefined);
        return true;
      case 'query':
        void this.#ask(channel, frame);
        return true;
      case 'ack':
        return frame.deliveries.every((delivery) => this.#acknowledge(delivery));
      case 'noise-dh':
        // Nobody asks: the device shakes hands by itself.
        return false;
    }
  }

  received(stanzaIn: Stanza): void {
    if (!neverSettled.includes(stanzaIn.tag) && isMisaddressed(stanzaIn))
      return void this.#settle(stanzaIn, parsingFailed);
    switch (stanzaIn.tag) {
      case 'message':
        return this.#store(stanzaIn, messageIn(stanzaIn), (message, delivery) => ({
          type: 'message',
          delivery,
          message,
        }));
      case 'receipt':
        return this.#receipt(stanzaIn);
      case 'notification':
        return this.#notification(stanzaIn);
      case 'ack':
        return this.#outcome(stanzaIn);
      case 'chatstate':
        return this.#typing(stanzaIn);
      case 'ib':
        // The next part of what waits is asked for when this one was announced, or taken.
        if (child(stanzaIn, 'offline_preview') !== undefined) this.#channel?.send(offlineBatch(batch));
        return;
      case 'presence':
        // Whether a peer is online is not shown, and asked for nowhere.
        return;
      case 'call':
        // The device takes none. Settled all the same: what is not comes again with every login.
        return void this.#settle(stanzaIn);
      default:
        this.#settle(stanzaIn, unknownStanza);
    }
  }

  #receipt(received: Stanza): void {
    if (!concernsSender(received)) return void this.#settle(received);
    this.#store(received, receiptIn(received), (value, delivery) => ({
      type: 'receipt',
      delivery,
      receipt: value,
    }));
  }

  #notification(received: Stanza): void {
    const encrypt = received.attrs.type === 'encrypt';
    if (encrypt && child(received, 'identity') !== undefined) {
      const changed = PeerIdentity.safeParse({ peer: senderOf(received) });
      return this.#store(received, changed.data, (identity, delivery) => ({
        type: 'identity',
        delivery,
        identity,
      }));
    }
    const channel = this.#channel;
    this.#settle(received);
    if (encrypt && channel !== undefined && child(received, 'count') !== undefined) {
      // A failure is followed by another notice.
      void this.#fillDirectory(channel).catch(() => undefined);
    }
  }

  #typing(received: Stanza): void {
    const typing = IncomingTyping.safeParse({ from: senderOf(received), state: children(received)[0]?.tag });
    if (typing.success) this.#tell({ type: 'typing', typing: typing.data });
  }

  #outcome(ack: Stanza): void {
    const id = textAttr(ack, 'id');
    if (ack.attrs.class !== 'message' || id === undefined) return;
    if (ack.attrs.error === undefined) {
      return this.#tell({ type: 'accepted', id, timestamp: decimal(textAttr(ack, 't')) ?? 0 });
    }
    this.#tell({ type: 'refused', id, ...refusalOfMessage(textAttr(ack, 'error') ?? '') });
  }

  /** Hands on what must be stored before it is settled. */
  #store<T>(
    received: Stanza,
    value: T | undefined,
    frame: (value: T, delivery: string) => Unaddressed,
  ): void {
    // Without a name it cannot be settled, so it must not wait for it.
    if (value === undefined || settle(received) === undefined)
      return void this.#settle(received, parsingFailed);
    const delivery = randomUUID();
    this.#unacknowledged.set(delivery, received);
    if (this.#unacknowledged.size >= maxUnacknowledged) this.#hold('unacknowledged');
    this.#tell(frame(value, delivery));
  }

  /** @returns false when there is no connection any more */
  #acknowledge(delivery: string): boolean {
    const received = this.#unacknowledged.get(delivery);
    if (received === undefined) return true;
    this.#unacknowledged.delete(delivery);
    if (this.#unacknowledged.size < maxUnacknowledged) this.#release('unacknowledged');
    return this.#settle(received);
  }

  /**
   * Settles a stanza, or refuses it with a reason. With the last of a part of what waits taken, the next part is asked
   * for, whether or not the device was needed; when nothing is left, the gatekeeper says so.
   * @returns false when there is no connection any more
   */
  #settle(received: Stanza, error?: number): boolean {
    const answer = settle(received, error);
    const sent = answer === undefined || this.#channel?.send(answer) === true;
    const waited = received.attrs.offline !== undefined;
    if (waited && this.#unacknowledged.size === 0) this.#channel?.send(offlineBatch(batch));
    return sent;
  }

  #hold(why: Hold): void {
    this.#holds.add(why);
    this.#channel?.pause();
  }

  #release(why: Hold): void {
    if (this.#holds.delete(why) && this.#holds.size === 0) this.#channel?.resume();
  }

  async #ask(
    channel: SessionChannel,
    { correlationId, query }: Extract<DeviceFrame, { type: 'query' }>,
  ): Promise<void> {
    const { kind, peer } = query;
    try {
      if (kind !== 'bundle') throw new ChatError('query_refused', 'unsupported');
      const bundle = bundleIn(await channel.query(bundleQuery(peer)));
      const answer = bundle === undefined ? failed('recipient_unknown') : { kind, peer, bundle };
      this.#tell({ type: 'answer', correlationId, answer });
    } catch (error) {
      if (!(error instanceof ChatError || error instanceof JidError)) throw error;
      const code = error instanceof JidError ? 'stanza_invalid' : error.code;
      this.#tell({ type: 'answer', correlationId, answer: failed(code) });
    }
  }

  async #fillDirectory(channel: SessionChannel): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    try {
      const left = decimal(textAttr(child(await channel.query(preKeyCount()), 'count'), 'value'));
      if (left !== undefined && left >= preKeys.low) return;
      const made = this.keys.unpublished(preKeys.upload);
      // Taken before they are offered: a key whose upload was not answered is never offered again.
      this.keys.markPublished(made.map(({ id }) => id));
      await channel.query(preKeyUpload(this.keys.identity(), this.keys.signedPreKey(), made));
    } finally {
      this.#filling = false;
    }
  }

  #tell(frame: Unaddressed): void {
    this.deliver({ ...frame, gatekeeper: this.#gatekeeper } as ServerFrame);
  }
}

function failed(code: string) {
  return { kind: 'failed' as const, code };
}
