import { stanza, type Stanza, textAttr } from '@causeway/xml';
import { UpstreamError } from '../../upstream-error.js';
import { ns } from '../namespaces.js';
import type { Rfc6120Limits } from '../rfc6120-profile.js';
import { bareOf } from '../stanzas/addresses.js';
import type { StreamEntity } from '../stream/stream-entity.js';
import type { Resumption } from './resumptions.js';
import { StreamManagement, type ManagedState, type Unacknowledged } from './stream-management.js';

/** A session with stream management, as it was agreed. */
export interface ManagedSession {
  readonly resumed: boolean;
  /** The full address. */
  readonly address: string;
  /** The name by which it can be resumed, if it can. */
  readonly id?: string;
  /** What was left of the last connection's session, and how much of it the server has handled. */
  readonly last?: { readonly state: ManagedState; readonly h: string };
}

/** Codes of a write that did not take place. */
const neverWritten: ReadonlySet<string> = new Set(['not_encodable', 'send_buffer_full', 'not_connected']);

/** Sends stanzas under XEP-0198 and asks for acknowledgements; one request at a time is on its way. */
export class ManagedStream {
  private readonly management: StreamManagement;
  private asking = false;
  /** Something was sent after the request that is on its way. */
  private sentSince = false;
  private answering: NodeJS.Immediate | undefined;

  constructor(
    private readonly session: ManagedSession,
    limits: Rfc6120Limits,
    private readonly entity: StreamEntity,
    private readonly onAsked: () => void,
  ) {
    const state = session.resumed ? session.last?.state : undefined;
    this.management = new StreamManagement(limits.maxUnacknowledged, state);
  }

  get address(): string {
    return this.session.address;
  }

  get account(): string {
    return bareOf(this.session.address);
  }

  get unsettled(): number {
    return this.management.unsettled;
  }

  /** What a later login can resume; undefined where the server keeps nothing. */
  get resumption(): Resumption | undefined {
    const { id, address } = this.session;
    return id === undefined ? undefined : { id, address, state: this.management.state() };
  }

  /**
   * Take the server's last word about what it handled of the session before this connection, and send the rest again
   * where that session goes on.
   *
   * @returns what it had handled. @throws UpstreamError `wire_broken`
   */
  begin(): readonly Unacknowledged[] {
    const { last, resumed } = this.session;
    if (last === undefined) return [];
    // A new session begins to count anew; of the old one only the server's word is of interest.
    const counted = resumed ? this.management : new StreamManagement(last.state.queue.length, last.state);
    const handled = counted.acknowledge(last.h);
    if (resumed) {
      for (const { stanza: again } of this.management.unacknowledged) this.entity.post(again);
      this.sentSince = this.management.unacknowledged.length > 0;
      this.ask();
    }
    return handled;
  }

  /** @param id under which its acknowledgement is told. @throws UpstreamError `send_buffer_full`, `not_encodable`, … */
  send(outgoing: Stanza, id?: string): Promise<void> {
    return this.counted(outgoing, id, () => this.entity.send(outgoing));
  }

  /** Send an IQ and wait for its result. */
  request(query: Stanza): Promise<Stanza> {
    return this.counted(query, undefined, () => this.entity.request(query));
  }

  private async counted<T>(outgoing: Stanza, id: string | undefined, write: () => Promise<T>): Promise<T> {
    const entry = this.management.sent(outgoing, id);
    try {
      // Written before anything else can be: the order on the wire is that of the queue.
      const written = write();
      this.sentSince = true;
      this.ask();
      return await written;
    } catch (error) {
      // What the server counts is what was written; an answer that fails comes after that.
      if (error instanceof UpstreamError && neverWritten.has(error.code)) this.management.withdraw(entry);
      throw error;
    }
  }

  /** Whether a stanza with this id waits for the server's acknowledgement. */
  waits(id: string): boolean {
    return this.management.unacknowledged.some((one) => one.id === id);
  }

  answered(id: string): void {
    this.management.answered(id);
  }

  received(): { readonly number: number; readonly again: boolean } {
    return this.management.received();
  }

  settle(number: number): void {
    if (!this.management.settle(number)) return;
    // One answer for all that is settled in this turn.
    this.answering ??= setImmediate(() => {
      this.answering = undefined;
      this.answer();
    });
  }

  /** Take an element of stream management. @returns the stanzas that the server has acknowledged by it */
  control(element: Stanza): readonly Unacknowledged[] {
    switch (element.tag) {
      case 'r':
        this.answer();
        return [];
      case 'a': {
        this.asking = false;
        const acknowledged = this.management.acknowledge(textAttr(element, 'h'));
        this.ask();
        return acknowledged;
      }
      default:
        throw new UpstreamError('wire_broken');
    }
  }

  /** Count the stanza that broke the stream as handled, and say so while that is possible. */
  skip(): void {
    this.management.settle(this.management.received().number);
    this.finish(false);
  }

  /** Tell the server what is settled, and that the stream ends. */
  finish(ends = true): void {
    this.answer();
    if (ends) this.entity.endStream();
  }

  stop(): void {
    if (this.answering !== undefined) clearImmediate(this.answering);
  }

  private answer(): void {
    const h = this.management.handled.toString();
    this.entity.post(stanza('a', { xmlns: ns.management, h }));
  }

  private ask(): void {
    if (this.asking || !this.sentSince) return;
    this.asking = true;
    this.sentSince = false;
    this.onAsked();
    this.entity.post(stanza('r', { xmlns: ns.management }));
  }
}
