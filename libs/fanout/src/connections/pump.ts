import { bodyContext } from '@causeway/contracts/events';
import { IncomingMessage, type DownstreamEvent } from '@causeway/contracts/downstream';
import type { UpstreamEvent } from '@causeway/contracts/upstream';
import { failpoint } from '@causeway/failpoints';
import { limits } from '@causeway/limits';
import { decodeBody, RelayError } from '@causeway/relay';
import { z } from 'zod';
import {
  decodeItem,
  isDeliverable,
  ItemUnreadable,
  type Deliverable,
  type MailboxItem,
} from '../mailbox/mailbox-item.js';
import { nameOf, type Delivery } from './deliveries.js';
import type { DeviceConnection } from './device-connection.js';
import { frameOf } from './frames.js';
import { RefSequence } from './ref-sequence.js';

type Source = Delivery['source'];

/** Moves what waits for a device from its mailboxes to its socket, in order and no faster than it acknowledges. */
export class Pump {
  readonly #lastSeq = { ephemeral: 0, durable: 0 };
  readonly #refs = new RefSequence();
  #running = false;
  #rung = false;

  constructor(private readonly connection: DeviceConnection) {}

  /** The last number read from the ephemeral mailbox. */
  get lastSeq(): number {
    return this.#lastSeq.ephemeral;
  }

  /** Looks into the mailboxes; while it does, further rings make it look once more. */
  ring(): void {
    this.#rung = true;
    if (this.#running) return;
    this.#running = true;
    this.#run()
      .catch((error: unknown) => {
        // A later ring, the sweep or the next connection looks again; nothing was removed.
        this.connection.deps.logger.warn({ err: error }, 'a mailbox could not be read');
      })
      .finally(() => {
        this.#running = false;
        // It may have been rung after the last look and before now.
        if (this.#rung && !this.connection.isClosed) this.ring();
      });
  }

  /** The device has stored these: removes them, and tells the session service what to settle. */
  async acknowledged(deliveries: readonly Delivery[]): Promise<void> {
    const { deps, owner, envelope } = this.connection;
    const durable = deliveries.filter(({ source }) => source === 'durable').map(({ seq }) => seq);
    const refs = deliveries.filter(({ source }) => source === 'ephemeral').map(({ ref }) => ref);
    const events: UpstreamEvent[] = [];
    if (refs.length > 0) events.push({ type: 'ack', ...envelope, refs, stage: 'delivered' });
    for (const { receiptFor } of deliveries) {
      if (receiptFor === undefined) continue;
      const clear = { to: receiptFor.to, kind: 'delivered' as const, ids: [receiptFor.id] };
      const deadline = deps.clock.now() + limits.commandDeadlineMs.value;
      events.push({ type: 'receipt.send', ...envelope, deadline, body: { clear } });
    }
    if (events.length > 0) await deps.upstream(events);
    failpoint('fanout.ack.produced');
    if (durable.length > 0) await deps.durable.remove(owner.sessionKey, durable);
    await this.#forget(deliveries);
    failpoint('fanout.ack.removed');
  }

  async #run(): Promise<void> {
    while (this.#rung && !this.connection.isClosed) {
      this.#rung = false;
      await this.#drain('ephemeral');
      if (this.connection.owner.custody === 'provider') await this.#drain('durable');
    }
  }

  async #drain(source: Source): Promise<void> {
    for (;;) {
      const free = limits.unackedWindowItems.value - this.connection.deliveries.size;
      if (this.connection.isClosed || free <= 0) return;
      const items = await this.#read(source, Math.min(free, limits.mailboxPageItems.value));
      for (const item of items) {
        if (!(await this.#handOrDrop(source, item))) return;
        this.#lastSeq[source] = item.seq;
      }
      if (items.length === 0) return;
    }
  }

  async #read(source: Source, limit: number): Promise<readonly MailboxItem[]> {
    const { deps, owner, epoch } = this.connection;
    const after = this.#lastSeq[source];
    if (source === 'durable') return deps.durable.read(owner.sessionKey, after, limit);
    return deps.coordination.mailbox.read(owner.sessionKey, epoch, after, limit);
  }

  /** An item that cannot be read must not keep those behind it from the device. */
  async #handOrDrop(source: Source, item: MailboxItem): Promise<boolean> {
    try {
      return await this.#hand(source, item.seq, decodeItem(item.item));
    } catch (error) {
      const code = codeOfUnreadable(error);
      if (code === undefined) throw error;
      // It arrived: what comes next is no gap.
      if (error instanceof ItemUnreadable && error.ref !== undefined) this.#refs.admits(error.ref);
      const { deps } = this.connection;
      deps.logger.warn({ code, source }, 'an item that cannot be read was passed over');
      deps.metrics.dropped.inc({ reason: 'unreadable' });
      // Unacknowledged, it is delivered again by the gatekeeper; a durable one stays until it expires.
      if (source === 'ephemeral') await this.#forget([{ source, seq: item.seq }]);
      return true;
    }
  }

  /** @returns false when the device does not keep up. */
  async #hand(source: Source, seq: number, event: DownstreamEvent): Promise<boolean> {
    const { connection } = this;
    if (event.type === 'opened') await this.#opened(event);
    if (event.type === 'closed') connection.lost();
    if ('id' in event && event.id !== undefined) connection.commands.settled(event.id);
    if ('correlationId' in event && event.correlationId !== undefined)
      connection.commands.settled(event.correlationId);
    if (source === 'ephemeral' && isDeliverable(event) && !this.#refs.admits(event.ref)) {
      connection.deps.metrics.dropped.inc({ reason: 'behind_gap' });
      await this.#forget([{ source, seq }]);
      return true;
    }
    if (event.type === 'noise.dh' && !connection.agreements.asked(event, connection.deps.clock.now())) {
      connection.deps.metrics.dropped.inc({ reason: 'expired' });
      await this.#forget([{ source, seq }]);
      return true;
    }
    const value = 'body' in event ? decodeBody(connection.seal, bodyContext(event), event.body) : undefined;
    if (isDeliverable(event)) return this.#deliver({ source, seq, ref: event.ref }, event, value);
    const kept = connection.sink(frameOf(event, value, undefined));
    failpoint(`fanout.${event.type}.delivered`);
    await this.#forget([{ source, seq }]);
    return kept;
  }

  #deliver(delivery: Delivery, event: Deliverable, value: unknown): boolean {
    const { deliveries, sink } = this.connection;
    const frame = frameOf(event, value, nameOf(delivery));
    if (event.type === 'message' && delivery.source === 'durable') {
      const { from: to, id } = IncomingMessage.parse(value);
      deliveries.add({ ...delivery, receiptFor: { to, id } });
    } else deliveries.add(delivery);
    const kept = sink(frame);
    failpoint(`fanout.${event.type}.delivered`);
    return kept;
  }

  async #opened({ relayKey, afterRef }: Extract<DownstreamEvent, { type: 'opened' }>): Promise<void> {
    const { connection } = this;
    this.#refs.begin(afterRef);
    connection.opened(relayKey);
    await this.#forget(connection.deliveries.reset());
    if (connection.owner.custody === 'provider')
      await connection.deps.submissions.resume(connection.envelope);
  }

  /** Takes items out of the ephemeral mailbox: said, settled, or brought by a login that is over. */
  async #forget(items: readonly Pick<Delivery, 'source' | 'seq'>[]): Promise<void> {
    const { deps, owner, epoch } = this.connection;
    const seqs = items.filter(({ source }) => source === 'ephemeral').map(({ seq }) => seq);
    if (seqs.length > 0) await deps.coordination.mailbox.remove(owner.sessionKey, epoch, seqs);
  }
}

/** @returns what is wrong with an item, or undefined when it is not the item that is wrong. */
function codeOfUnreadable(error: unknown): string | undefined {
  if (error instanceof RelayError || error instanceof ItemUnreadable) return error.code;
  return error instanceof z.ZodError ? 'body_invalid' : undefined;
}
