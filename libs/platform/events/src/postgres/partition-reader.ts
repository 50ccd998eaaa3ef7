import type { Postgres } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import type { PartitionSet } from '../consuming/partition-set.js';
import { readEvents } from './read.js';

const partitionsPerRead = 8;
const eventsPerRead = 100;
const retryMs = 500;

/** Reads what was appended to a member's partitions and offers it to their queues. */
export class PartitionReader<T> {
  private readonly positions = new Map<number, bigint>();
  private readonly dirty = new Set<number>();
  private reading = false;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly topic: string,
    private readonly set: PartitionSet<T>,
    private readonly logger: Logger,
  ) {}

  /** Begins a partition at an offset. */
  begin(partition: number, offset: bigint): void {
    this.positions.set(partition, offset);
    this.mark(partition);
  }

  /** The next offset to read of a partition that was begun. */
  position(partition: number): bigint | undefined {
    return this.positions.get(partition);
  }

  end(partition: number): void {
    this.positions.delete(partition);
    this.dirty.delete(partition);
  }

  /** Something may be there to read; nothing is when `next` is not beyond what was read. */
  mark(partition: number, next?: bigint): void {
    const position = this.positions.get(partition);
    if (position === undefined || (next !== undefined && next <= position)) return;
    this.dirty.add(partition);
    if (!this.reading) void this.read();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.positions.clear();
    this.dirty.clear();
  }

  /** Counts as reading until everything marked was read, also while it waits to try again. */
  private async read(): Promise<void> {
    this.reading = true;
    try {
      while (this.dirty.size > 0 && !this.closed) await this.readSome();
    } catch (err) {
      this.logger.warn({ err }, 'event log could not be read, trying again');
      this.retry = setTimeout(() => void this.read(), retryMs);
      return;
    }
    this.reading = false;
  }

  private async readSome(): Promise<void> {
    const wanted = [...this.dirty].slice(0, partitionsPerRead).flatMap((partition) => {
      const offset = this.positions.get(partition);
      return offset === undefined ? [] : [{ partition, offset }];
    });
    for (const { partition } of wanted) this.dirty.delete(partition);
    if (wanted.length === 0) return;
    let events;
    try {
      events = await readEvents(this.postgres, this.topic, wanted, eventsPerRead);
    } catch (error) {
      for (const { partition } of wanted) this.dirty.add(partition);
      throw error;
    }
    const counts = new Map<number, number>();
    const full = new Set<number>();
    for (const raw of events) {
      const consumer = this.set.get(raw.partition);
      if (consumer === undefined || !this.positions.has(raw.partition) || full.has(raw.partition)) continue;
      if (!consumer.offer(raw)) {
        // `onRoom` marks it again.
        full.add(raw.partition);
        continue;
      }
      this.positions.set(raw.partition, raw.offset + 1n);
      counts.set(raw.partition, (counts.get(raw.partition) ?? 0) + 1);
    }
    for (const [partition, count] of counts) {
      if (count === eventsPerRead && !full.has(partition)) this.dirty.add(partition);
    }
  }
}
