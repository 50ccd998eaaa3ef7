import { stanza, type Stanza, textAttr } from '@causeway/xml';
import { UpstreamError } from '../../upstream-error.js';
import type { ManagedStream } from '../management/managed-stream.js';
import type { Unacknowledged } from '../management/stream-management.js';
import { ns } from '../namespaces.js';
import { childOf } from '../stream/features.js';
import { bareOf } from './addresses.js';
import { incoming } from './incoming.js';
import { outgoing, receivedNotice, refusalNotice, type Settled } from './outgoing.js';

export interface MailroomOptions {
  readonly managed: ManagedStream;
  readonly domain: string;
  /** Received and not settled; at this number reading stops, at half of it it goes on. */
  readonly maxUnsettled: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly deliver: (translated: Stanza) => void;
  readonly unreadable: (head: Stanza) => void;
  readonly reading: (open: boolean) => void;
  readonly warn: (code: string, message: string) => void;
}

interface Waiting {
  readonly number: number;
  /** The sender's full address: his client is told, not all of them. */
  readonly from: string;
  readonly wantsReceipt: boolean;
}

/** The wire's code for a message that this protocol cannot carry. */
const NOT_SUPPORTED = '501';

/**
 * Passes messages between a session and the stream, and keeps book of what the session has not settled: a message counts
 * as handled, for the server, when it is settled here.
 */
export class Mailroom {
  /** By what a session calls them; a peer may give one name to many. */
  private readonly waiting = new Map<string, Waiting[]>();
  private unsettled = 0;
  /** Messages that the server had taken when the last connection was lost; asked for again, they are not sent again. */
  private readonly taken = new Set<string>();
  private closed = false;

  constructor(private readonly options: MailroomOptions) {}

  /** @throws UpstreamError `wire_broken` when the server's counts cannot be */
  begin(): void {
    for (const { id } of this.options.managed.begin()) if (id !== undefined) this.taken.add(id);
  }

  receive(message: Stanza): void {
    const { managed, domain, now, deliver, unreadable } = this.options;
    const { number, again } = managed.received();
    // Settled before the connection was lost, but not yet in the server's count.
    if (again) return managed.settle(number);
    const translated = incoming(message, domain, now());
    if (translated.kind === 'useless') return managed.settle(number);
    const { tag } = translated.stanza;
    const id = textAttr(translated.stanza, 'id');
    const from = textAttr(message, 'from') ?? '';
    if (translated.kind === 'notice' || id === undefined) {
      managed.settle(number);
      // An error is the answer: the acknowledgement that follows says no more than that the server has read the message.
      if (tag === 'ack') managed.answered(id ?? '');
      if (translated.kind === 'notice') deliver(translated.stanza);
      else this.refuse(bareOf(from), undefined);
      return;
    }
    this.keep(keyOf(tag, id, from), {
      number,
      from,
      wantsReceipt: childOf(message, 'request', ns.receipts) !== undefined,
    });
    if (translated.kind === 'settleable') deliver(translated.stanza);
    else unreadable(translated.stanza);
  }

  /** The server has handled these stanzas of ours. */
  acknowledged(stanzas: readonly Unacknowledged[]): void {
    for (const { id } of stanzas) if (id !== undefined) this.accepted(id);
  }

  /** @throws UpstreamError `not_supported`, and what the stream throws */
  async send(given: Stanza): Promise<void> {
    const { managed } = this.options;
    const translated = this.translate(given);
    if (translated === undefined) return;
    for (const settled of translated.settles) await this.settle(settled);
    const { messageId } = translated;
    if (messageId !== undefined && this.taken.has(messageId)) return this.accepted(messageId);
    if (messageId !== undefined && managed.waits(messageId)) return;
    for (const one of translated.stanzas) await managed.send(one, messageId);
  }

  private translate(given: Stanza): ReturnType<typeof outgoing> | undefined {
    try {
      return outgoing(given);
    } catch (error) {
      const id = textAttr(given, 'id');
      if (!(error instanceof UpstreamError) || given.tag !== 'message' || id === undefined) throw error;
      // Whoever waits for the answer to a message is told at once, and for good.
      this.options.deliver(stanza('ack', { class: 'message', id, error: NOT_SUPPORTED }));
      return undefined;
    }
  }

  private async settle({ stanzaClass, id, from, receipt, refused }: Settled): Promise<void> {
    const { managed, newId } = this.options;
    const entry = this.take(keyOf(stanzaClass, id, from));
    if (entry !== undefined) managed.settle(entry.number);
    if (refused) this.refuse(entry?.from ?? from, id);
    if (receipt && entry?.wantsReceipt !== false) {
      await managed.send(receivedNotice(entry?.from ?? from, id, newId()));
    }
  }

  private refuse(to: string, id: string | undefined): void {
    const { managed, warn } = this.options;
    warn('not_supported', 'message refused');
    managed.send(refusalNotice(to, id)).catch(() => warn('send_buffer_full', 'refusal not sent'));
  }

  private accepted(id: string): void {
    const t = Math.floor(this.options.now() / 1_000).toString();
    this.options.deliver(stanza('ack', { class: 'message', id, t }));
  }

  private keep(key: string, entry: Waiting): void {
    const namesakes = this.waiting.get(key);
    if (namesakes === undefined) this.waiting.set(key, [entry]);
    else namesakes.push(entry);
    this.unsettled += 1;
    this.flow();
  }

  private take(key: string): Waiting | undefined {
    const namesakes = this.waiting.get(key) ?? [];
    const entry = namesakes.shift();
    if (namesakes.length === 0) this.waiting.delete(key);
    if (entry !== undefined) this.unsettled -= 1;
    this.flow();
    return entry;
  }

  private flow(): void {
    const { maxUnsettled, reading } = this.options;
    const close = this.closed ? this.unsettled > maxUnsettled / 2 : this.unsettled >= maxUnsettled;
    if (close === this.closed) return;
    this.closed = close;
    reading(!close);
  }
}

function keyOf(stanzaClass: string, id: string, from: string): string {
  return JSON.stringify([stanzaClass, id, bareOf(from)]);
}
