import { setTimeout as delay } from 'node:timers/promises';
import type { EncodedEvent } from '../envelope/records.js';
import { EventBusError } from '../errors.js';

export interface PublishQueueOptions {
  /** Makes a batch durable, or rejects; a rejection that is an EventBusError is final, any other is tried again. */
  readonly send: (batch: readonly EncodedEvent[]) => Promise<void>;
  readonly maxBatchItems: number;
  readonly maxBatchBytes: number;
  readonly maxItems: number;
  readonly maxBytes: number;
  /** From the call to the refusal, whatever happened in between. */
  readonly deadlineMs: number;
  readonly onRetry: (error: unknown) => void;
}

/** Part of one publish call that travels in one batch. */
interface Chunk {
  readonly events: readonly EncodedEvent[];
  readonly bytes: number;
  readonly call: Call;
}

interface Call {
  settled: boolean;
  open: number;
  readonly resolve: () => void;
  readonly reject: (error: EventBusError) => void;
}

const firstBackoffMs = 50;
const lastBackoffMs = 2_000;

/**
 * Gathers publish calls into batches and sends one batch at a time in order: what is called while a batch is on its way
 * travels in the next. A batch that fails goes again before anything newer, until the deadlines of its calls.
 */
export class PublishQueue {
  private readonly chunks: Chunk[] = [];
  private items = 0;
  private bytes = 0;
  private closed = false;
  private backoffMs = firstBackoffMs;
  /** Chunks from the front that must travel each in a batch of its own. */
  private alone = 0;
  private pumping: Promise<void> | undefined;

  constructor(private readonly options: PublishQueueOptions) {}

  get size(): number {
    return this.items;
  }

  /** Throws `publish_buffer_full`, `publish_timeout`, `bus_closed`, or what `send` refused finally. */
  async publish(events: readonly EncodedEvent[]): Promise<void> {
    if (this.closed) throw new EventBusError('bus_closed', 'the event bus is closed');
    if (events.length === 0) return;
    const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
    if (this.items + events.length > this.options.maxItems || this.bytes + bytes > this.options.maxBytes) {
      throw new EventBusError('publish_buffer_full', 'too many events wait to be published');
    }
    await new Promise<void>((resolve, reject) => {
      const parts = this.split(events);
      const timer = setTimeout(
        () => settle(new EventBusError('publish_timeout', 'the event log gave no acknowledgement in time')),
        this.options.deadlineMs,
      );
      const settle = (error?: EventBusError): void => {
        if (call.settled) return;
        call.settled = true;
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      const call: Call = { settled: false, open: parts.length, resolve: () => settle(), reject: settle };
      for (const part of parts) {
        const size = part.reduce((sum, event) => sum + event.bytes, 0);
        this.chunks.push({ events: part, bytes: size, call });
      }
      this.items += events.length;
      this.bytes += bytes;
      this.pumping ??= this.pump();
    });
  }

  /** Takes nothing more and resolves when everything taken was sent or has reached its deadline. */
  async close(): Promise<void> {
    this.closed = true;
    await this.pumping;
  }

  private split(events: readonly EncodedEvent[]): EncodedEvent[][] {
    const parts: EncodedEvent[][] = [];
    let size = 0;
    for (const event of events) {
      const last = parts.at(-1);
      const fits =
        last && last.length < this.options.maxBatchItems && size + event.bytes <= this.options.maxBatchBytes;
      if (fits) last.push(event);
      else {
        parts.push([event]);
        size = 0;
      }
      size += event.bytes;
    }
    return parts;
  }

  private async pump(): Promise<void> {
    // Calls of the same turn of the event loop travel together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.chunks.length > 0) {
      const batch = this.take();
      if (batch.length > 0) await this.sendBatch(batch);
    }
    // In the same turn as the check above: a call in between would find a pump that has ended.
    this.pumping = undefined;
  }

  private take(): Chunk[] {
    const batch: Chunk[] = [];
    let items = 0;
    let bytes = 0;
    for (let next = this.chunks[0]; next !== undefined; next = this.chunks[0]) {
      if (next.call.settled) {
        this.forget(this.chunks.shift());
        continue;
      }
      const full =
        items + next.events.length > this.options.maxBatchItems ||
        bytes + next.bytes > this.options.maxBatchBytes;
      if (batch.length > 0 && (full || this.alone > 0)) break;
      batch.push(next);
      items += next.events.length;
      bytes += next.bytes;
      this.chunks.shift();
    }
    if (this.alone > 0) this.alone -= 1;
    return batch;
  }

  private async sendBatch(batch: readonly Chunk[]): Promise<void> {
    try {
      await this.options.send(batch.flatMap((chunk) => chunk.events));
      this.backoffMs = firstBackoffMs;
      for (const chunk of batch) this.complete(chunk);
    } catch (error) {
      if (!(error instanceof EventBusError)) return this.sendAgain(batch, error);
      const [only] = batch;
      if (only !== undefined && batch.length === 1) {
        only.call.reject(error);
        this.forget(only);
        return;
      }
      // One call's events must not cost the others theirs: the same chunks again, one by one.
      this.chunks.unshift(...batch);
      this.alone = batch.length;
    }
  }

  private async sendAgain(batch: readonly Chunk[], error: unknown): Promise<void> {
    this.options.onRetry(error);
    this.chunks.unshift(...batch);
    await delay(this.backoffMs);
    this.backoffMs = Math.min(this.backoffMs * 2, lastBackoffMs);
  }

  private complete(chunk: Chunk): void {
    this.forget(chunk);
    chunk.call.open -= 1;
    if (chunk.call.open === 0) chunk.call.resolve();
  }

  private forget(chunk: Chunk | undefined): void {
    if (chunk === undefined) return;
    this.items -= chunk.events.length;
    this.bytes -= chunk.bytes;
  }
}
