import { randomUUID } from 'node:crypto';
import { IncomingTyping } from '@causeway/contracts/downstream';
import type { DeviceFrame, ServerFrame } from '@causeway/contracts/fanout';
import { GatekeeperId } from '@causeway/contracts/ids';
import { child, children, stanza, type Stanza } from '@causeway/xml';
import type { KeyStore } from '../store/keys.js';
import { ChatError } from './chat-error.js';
import type { ChatChannel } from './chat-channel.js';
import { bundleIn, bundleQuery, preKeyCount, preKeyUpload } from './keys.js';
import {
  active,
  blockChange,
  decimal,
  messageIn,
  messageOut,
  offlineBatch,
  receiptIn,
  receiptOut,
  settle,
} from './stanzas.js';

type Unaddressed = ServerFrame extends infer Frame
  ? Frame extends ServerFrame
    ? Omit<Frame, 'gatekeeper'>
    : never
  : never;

/** Stanzas that the device has not acknowledged; beyond it nothing more is read before it does. */
const maxUnacknowledged = 256;
const batch = 100;
/** The gatekeeper's directory is filled up below so many one-time prekeys, with so many. */
const preKeys = { low: 5, upload: 100 };
const parsingFailed = 487;
const unknownStanza = 488;

/** A login that stands, told in the frames in which the provider's session service would tell it. */
export class ChatSession {
  readonly #gatekeeper: GatekeeperId;
  readonly #unacknowledged = new Map<string, Stanza>();
  #channel: ChatChannel | undefined;
  #filling = false;

  constructor(
    gatekeeper: string,
    private readonly keys: KeyStore,
    private readonly deliver: (frame: ServerFrame) => void,
  ) {
    this.#gatekeeper = GatekeeperId.parse(gatekeeper);
  }

  /** Fills the gatekeeper's directory and asks for what waits. @throws ChatError */
  async begin(channel: ChatChannel, jid: string): Promise<void> {
    this.#channel = channel;
    await this.#fillDirectory(channel);
    this.#tell({ type: 'session', state: 'open', jid });
    await channel.query(active());
  }

  ended(): void {
    this.#channel = undefined;
    this.#unacknowledged.clear();
  }

  /** @returns false when there is no connection */
  send(frame: DeviceFrame): boolean {
    const channel = this.#channel;
    if (channel === undefined) return false;
    switch (frame.type) {
      case 'send':
        return channel.send(messageOut(frame.id, frame.message));
      case 'receipt':
        return channel.send(receiptOut(frame.receipt));
      case 'typing':
        return channel.send(stanza('chatstate', { to: frame.typing.to }, [stanza(frame.typing.state)]));
      case 'block':
        void channel.query(blockChange(frame.block.peer, frame.block.action)).catch(() => undefined);
        return true;
      case 'query':
        void this.#ask(channel, frame);
        return true;
      case 'ack':
        return frame.deliveries.every((delivery) => this.#acknowledge(channel, delivery));
      case 'noise-dh':
        // Nobody asks: the device shakes hands by itself.
        return false;
    }
  }

  received(stanzaIn: Stanza): void {
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
      default:
        if (stanzaIn.attrs.id !== undefined && stanzaIn.attrs.from !== undefined) {
          this.#channel?.send(settle(stanzaIn, unknownStanza));
        }
    }
  }

  #receipt(received: Stanza): void {
    const receipt = receiptIn(received);
    if (receipt === undefined) return void this.#channel?.send(settle(received));
    this.#store(received, receipt, (value, delivery) => ({ type: 'receipt', delivery, receipt: value }));
  }

  #notification(received: Stanza): void {
    const encrypt = received.attrs.type === 'encrypt';
    const peer = received.attrs.from;
    if (encrypt && peer !== undefined && child(received, 'identity') !== undefined) {
      return this.#store(received, { peer }, (identity, delivery) => ({
        type: 'identity',
        delivery,
        identity,
      }));
    }
    const channel = this.#channel;
    channel?.send(settle(received));
    if (encrypt && channel !== undefined && child(received, 'count') !== undefined) {
      // A failure is followed by another notice.
      void this.#fillDirectory(channel).catch(() => undefined);
    }
  }

  #typing(received: Stanza): void {
    const typing = IncomingTyping.safeParse({ from: received.attrs.from, state: children(received)[0]?.tag });
    if (typing.success) this.#tell({ type: 'typing', typing: typing.data });
  }

  #outcome({ attrs }: Stanza): void {
    if (attrs.class !== 'message' || attrs.id === undefined) return;
    if (attrs.error === undefined) {
      return this.#tell({ type: 'accepted', id: attrs.id, timestamp: decimal(attrs.t) ?? 0 });
    }
    const code = attrs.error === '404' ? 'recipient_unknown' : 'upstream_refused';
    this.#tell({ type: 'refused', id: attrs.id, code, retryable: false });
  }

  /** Hands on what must be stored before it is settled. */
  #store<T>(
    received: Stanza,
    value: T | undefined,
    frame: (value: T, delivery: string) => Unaddressed,
  ): void {
    if (value === undefined) return void this.#channel?.send(settle(received, parsingFailed));
    const delivery = randomUUID();
    this.#unacknowledged.set(delivery, received);
    if (this.#unacknowledged.size >= maxUnacknowledged) this.#channel?.pause();
    this.#tell(frame(value, delivery));
  }

  #acknowledge(channel: ChatChannel, delivery: string): boolean {
    const received = this.#unacknowledged.get(delivery);
    if (received === undefined) return true;
    this.#unacknowledged.delete(delivery);
    if (this.#unacknowledged.size < maxUnacknowledged) channel.resume();
    const settled = channel.send(settle(received));
    // With the last of a part taken, the next one is asked for; when nothing is left, the gatekeeper says so.
    if (received.attrs.offline !== undefined && this.#unacknowledged.size === 0)
      channel.send(offlineBatch(batch));
    return settled;
  }

  async #ask(
    channel: ChatChannel,
    { correlationId, query }: Extract<DeviceFrame, { type: 'query' }>,
  ): Promise<void> {
    const { kind, peer } = query;
    try {
      if (kind !== 'bundle') throw new ChatError('query_refused', 'unsupported');
      const bundle = bundleIn(await channel.query(bundleQuery(peer)));
      const answer = bundle === undefined ? failed('recipient_unknown') : { kind, peer, bundle };
      this.#tell({ type: 'answer', correlationId, answer });
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      this.#tell({ type: 'answer', correlationId, answer: failed(error.code) });
    }
  }

  async #fillDirectory(channel: ChatChannel): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    try {
      const left = decimal(child(await channel.query(preKeyCount()), 'count')?.attrs.value);
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
