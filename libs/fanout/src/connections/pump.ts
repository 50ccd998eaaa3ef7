import { bodyContext } from '@causeway/contracts/events';
import { IncomingMessage } from '@causeway/contracts/downstream';
import type { UpstreamEvent } from '@causeway/contracts/upstream';
import { limits } from '@causeway/limits';
import { decodeBody } from '@causeway/relay';
import { decodeItem, isDeliverable, type MailboxItem } from '../mailbox/mailbox-item.js';
import type { Delivery } from './deliveries.js';
import type { DeviceConnection } from './device-connection.js';
import { frameOf } from './frames.js';

type Source = Delivery['source'];

/** Moves what waits for a device from its mailboxes to its socket, in order and no faster than it acknowledges. */
export class Pump {
  readonly #lastSeq = { ephemeral: 0, durable: 0 };
  #running = false;
  #rung = false;

  constructor(private readonly connection: DeviceConnection) {}

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
      });
  }

  /** The device has stored these: removes them, and tells the session service what to settle. */
  async acknowledged(deliveries: readonly Delivery[]): Promise<void> {
    const { deps, owner, epoch, envelope } = this.connection;
    const seqs = (source: Source) => deliveries.filter((d) => d.source === source).map(({ seq }) => seq);
    const refs = deliveries.filter((d) => d.source === 'ephemeral').map(({ ref }) => ref);
    const events: UpstreamEvent[] = [];
    if (refs.length > 0) events.push({ type: 'ack', ...envelope, refs, stage: 'delivered' });
    for (const { receiptFor } of deliveries) {
      if (receiptFor === undefined) continue;
      const clear = { to: receiptFor.to, kind: 'delivered' as const, ids: [receiptFor.id] };
      const deadline = deps.clock.now() + limits.commandDeadlineMs.value;
      events.push({ type: 'receipt.send', ...envelope, deadline, body: { clear } });
    }
    if (events.length > 0) await deps.upstream(events);
    if (seqs('durable').length > 0) await deps.durable.remove(owner.sessionKey, seqs('durable'));
    if (seqs('ephemeral').length > 0) {
      await deps.coordination.mailbox.remove(owner.sessionKey, epoch, seqs('ephemeral'));
    }
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
        if (!(await this.#hand(source, item))) return;
        this.#lastSeq[source] = item.seq;
      }
      if (items.length === 0) return;
    }
  }

  async #read(source: Source, limit: number): Promise<MailboxItem[]> {
    const { deps, owner, epoch } = this.connection;
    const after = this.#lastSeq[source];
    if (source === 'durable') return deps.durable.read(owner.sessionKey, after, limit);
    const items = await deps.coordination.mailbox.read(owner.sessionKey, epoch, after, limit);
    return items.map(({ seq, item }) => ({ seq, event: decodeItem(item) }));
  }

  /** @returns false when the device does not keep up. */
  async #hand(source: Source, { seq, event }: MailboxItem): Promise<boolean> {
    const { connection } = this;
    const { deps, owner, epoch } = connection;
    if (event.type === 'opened') connection.opened(event.relayKey);
    if (event.type === 'closed') connection.lost();
    if (event.type === 'opened' && owner.custody === 'provider') {
      await deps.submissions.resume(connection.envelope);
    }
    const settles = event.type === 'accepted' || event.type === 'refused' || event.type === 'answer';
    const settled = settles
      ? (('id' in event ? event.id : undefined) ??
        ('correlationId' in event ? event.correlationId : undefined))
      : undefined;
    if (settled !== undefined) connection.commands.settled(settled);
    const value = 'body' in event ? decodeBody(connection.seal, bodyContext(event), event.body) : undefined;
    if (!isDeliverable(event)) {
      const frame = frameOf(event, value, undefined);
      const kept = frame === undefined || connection.sink(frame);
      await deps.coordination.mailbox.remove(owner.sessionKey, epoch, [seq]);
      return kept;
    }
    const message =
      event.type === 'message' && source === 'durable' ? IncomingMessage.parse(value) : undefined;
    const receiptFor = message === undefined ? {} : { receiptFor: { to: message.from, id: message.id } };
    const name = connection.deliveries.add({ source, seq, ref: event.ref, ...receiptFor });
    const frame = frameOf(event, value, name);
    return frame === undefined || connection.sink(frame);
  }
}
