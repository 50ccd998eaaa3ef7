import { createHmac } from 'node:crypto';
import { PeerIdentity, type DownstreamEvent } from '@causeway/contracts/downstream';
import { bodyContext } from '@causeway/contracts/events';
import { failpoint } from '@causeway/failpoints';
import { limits } from '@causeway/limits';
import { encodeBody } from '@causeway/relay';
import { child, jidAttr, type Stanza, textAttr } from '@causeway/xml';
import { buildAck, buildNack, settleableOf, type Settleable } from '../stanzas/ack.js';
import { addressText, checkAddresses, senderOf } from '../stanzas/addresses.js';
import { readTyping } from '../stanzas/control.js';
import { buildClean, buildNotImplemented, isOfGatekeeper, readInformation } from '../stanzas/information.js';
import { readMessage } from '../stanzas/message.js';
import { nack } from '../stanzas/nack.js';
import { readPreKeyCount } from '../stanzas/prekeys.js';
import { readReceipt } from '../stanzas/receipt.js';
import { kindOf } from '../stanzas/kind.js';
import { StanzaInvalid } from '../stanzas/stanza-invalid.js';
import type { Connection } from './connection.js';

type Unsent = DownstreamEvent extends infer Event
  ? Event extends { ref: number }
    ? Omit<Event, 'ref' | 'dedupe' | 'body' | keyof Connection['envelope']>
    : never
  : never;

/** A body that is handed on, as far as its repetitions must be told apart. */
type Relayed = object & {
  readonly retryCount?: number | undefined;
  readonly retry?: { readonly count: number } | undefined;
};

/** Turns what the gatekeeper sends into events for the device, and settles what needs no device. */
export class Incoming {
  constructor(private readonly connection: Connection) {}

  /** A stanza that cannot be used is refused upstream and counted. @throws what link and events throw */
  async accept(received: Stanza): Promise<void> {
    this.connection.metrics.stanzas.inc({ direction: 'in', kind: kindOf(received) });
    try {
      // Of what nobody settles, an address is read where it is needed.
      if (settleableOf(received) !== undefined) checkAddresses(received);
      await this.#dispatch(received);
    } catch (error) {
      if (!(error instanceof StanzaInvalid)) throw error;
      await this.#refuse(received, error.nack);
    }
  }

  /** Refuses a stanza of which only the head could be read. @throws what the link throws */
  async refuse(head: Stanza): Promise<void> {
    await this.#refuse(head, nack.parsing);
  }

  async #dispatch(received: Stanza): Promise<void> {
    switch (received.tag) {
      case 'message':
        return this.#message(received);
      case 'receipt':
        return this.#receipt(received);
      case 'notification':
        return this.#notification(received);
      case 'ack':
        if (received.attrs.class === 'message')
          this.connection.awaited.settle(textAttr(received, 'id') ?? '', received);
        return;
      case 'chatstate':
        return this.#typing(received);
      case 'ib':
        return this.#information(received);
      case 'iq':
        // Pings are answered by the transport. The gatekeeper itself is told, so that it does not wait; a peer is not.
        this.connection.metrics.unknownStanzas.inc();
        if (isOfGatekeeper(received)) await this.connection.send(buildNotImplemented(received));
        return;
      case 'presence':
        // Whether a peer is online is not shown to our users, and asked for nowhere.
        return;
      case 'call':
        // No device of ours takes calls. Settled all the same: what is not comes again with every login.
        return this.#settle(received);
      default:
        // One that carries nothing to settle is left alone; of the others the gatekeeper is told, or they come again.
        this.connection.metrics.unknownStanzas.inc();
        if (settleableOf(received) !== undefined) await this.#refuse(received, nack.unknownStanza);
    }
  }

  async #message(received: Stanza): Promise<void> {
    failpoint('session.message.received');
    await this.#relay({ type: 'message' }, received, readMessage(received));
    failpoint('session.message.produced');
  }

  async #receipt(received: Stanza): Promise<void> {
    const receipt = readReceipt(received);
    if (receipt === undefined) return this.#settle(received);
    if (receipt.kind === 'retry') this.connection.peers.forget(receipt.from);
    await this.#relay({ type: 'receipt' }, received, receipt);
  }

  async #notification(received: Stanza): Promise<void> {
    const peer = jidAttr(received, 'from');
    if (
      received.attrs.type === 'encrypt' &&
      child(received, 'identity') !== undefined &&
      peer !== undefined
    ) {
      const identity = PeerIdentity.safeParse({ peer: addressText(peer) });
      if (!identity.success) throw new StanzaInvalid(nack.parsing);
      this.connection.peers.forget(identity.data.peer);
      return this.#relay({ type: 'identity.changed' }, received, identity.data);
    }
    const remaining = received.attrs.type === 'encrypt' ? readPreKeyCount(received) : undefined;
    await this.#settle(received);
    if (remaining === undefined) return;
    // It may ask the gatekeeper, whose answer must not wait for what came before it.
    this.connection.keys?.warned(this.connection.link, remaining).catch(() => {
      this.connection.end('relay_unavailable', 'reconnect');
    });
  }

  async #typing(received: Stanza): Promise<void> {
    const { envelope, seal, events } = this.connection;
    const body = encodeBody(seal, bodyContext({ type: 'typing' }), readTyping(received));
    await events.downstream({ type: 'typing', ...envelope, body });
  }

  async #information(received: Stanza): Promise<void> {
    const { backlog, link, onEdgeRouting, clock, metrics, envelope } = this.connection;
    const { previewed, offlineEnded, edgeRouting, dirty } = readInformation(received);
    const nowMs = clock.monotonicMs();
    if (previewed !== undefined) backlog.previewed(previewed, nowMs);
    if (offlineEnded)
      metrics.backlog.observe(backlog.ended(nowMs) / 1000, { gatekeeper: envelope.gatekeeper });
    if (edgeRouting !== undefined) onEdgeRouting(edgeRouting);
    for (const state of dirty) {
      // Nothing of it is kept here. One that is not answered is said again with the next login.
      link.query(buildClean(state), limits.queryDeadlineMs.value).catch(() => undefined);
    }
    await this.connection.pullBacklog();
  }

  /** Hands a stanza on under a number; it is settled when the device (or the mailbox) has it. */
  async #relay(event: Unsent, received: Stanza, value: Relayed): Promise<void> {
    const { envelope, seal, window, clock, events } = this.connection;
    const of = settleableOf(received);
    const sender = senderOf(received);
    if (of === undefined || sender === undefined) throw new StanzaInvalid(nack.parsing);
    this.connection.backlog.arrived();
    const ref = await window.add(of, () => clock.monotonicMs());
    if (ref === undefined) return;
    this.connection.watch.added();
    const body = encodeBody(seal, bodyContext({ ...event, ref }), value);
    // The schema of the topic checks the pairing of type and body when the event is published.
    await events.downstream({
      ...event,
      ...envelope,
      ref,
      dedupe: this.#dedupe(of, sender, attemptOf(value)),
      body,
    } as DownstreamEvent);
  }

  /** What needs no device counts towards the backlog too: or the next part of it would never be pulled. */
  async #settle(received: Stanza): Promise<void> {
    await this.#answer(received, buildAck);
  }

  async #refuse(received: Stanza, reason: number): Promise<void> {
    this.connection.metrics.nacks.inc({ reason: String(reason) });
    await this.#answer(received, (of) => buildNack(of, reason));
  }

  async #answer(received: Stanza, build: (of: Settleable) => Stanza): Promise<void> {
    const of = settleableOf(received);
    if (of === undefined) return;
    this.connection.backlog.arrived();
    await this.connection.send(build(of));
    await this.connection.pullBacklog();
  }

  /**
   * @param sender address of who sent it
   * @param attempt how often this was asked for again: a resend has the id of what it replaces, and is news
   */
  #dedupe(of: Settleable, sender: string, attempt: number): string {
    const { gatekeeper } = this.connection.envelope;
    return createHmac('sha256', this.connection.dedupeKey)
      .update(JSON.stringify([gatekeeper, of.stanzaClass, sender, of.id, of.type ?? '', attempt]))
      .digest('base64');
  }
}

function attemptOf(value: Relayed): number {
  return value.retryCount ?? value.retry?.count ?? 0;
}
