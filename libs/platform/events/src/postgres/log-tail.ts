import type { Postgres } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import { appendChannel } from './append.js';
import { readEnds, readHeads, readTotals } from './read.js';

/** Who wants to know that a topic has grown or its group changed. */
export interface TailReader {
  readonly topic: string;
  /** Something was appended to the partition; `next` is the next offset where it is known. */
  appended(partition: number, next?: bigint): void;
  /** Members of a group on the topic have come, gone or given partitions back. */
  groupChanged(group: string): void;
}

/** The channel on which changes of groups are told: `group topic`. */
export const groupChannel = 'eventlog_groups';

const pollMs = 5_000;

/** One LISTEN and one slow poll for all readers of a bus; the poll finds what a lost notification did not tell. */
export class LogTail {
  private readonly readers = new Map<string, Set<TailReader>>();
  private totals: ReadonlyMap<string, string> = new Map();
  /** Of topics that have not grown since they were read, as far as is known here. */
  private readonly known = new Map<string, ReadonlyMap<number, bigint>>();
  private growths = 0;
  private listening: Promise<readonly { close(): Promise<void> }[]> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly logger: Logger,
  ) {}

  /** Resolves when notifications are on. Throws PostgresError. */
  async add(reader: TailReader): Promise<void> {
    const listening = (this.listening ??= this.listen());
    try {
      await listening;
    } catch (error) {
      if (this.listening === listening) this.listening = undefined;
      throw error;
    }
    const readers = this.readers.get(reader.topic) ?? new Set();
    readers.add(reader);
    this.readers.set(reader.topic, readers);
    if (this.timer === undefined) this.pollLater();
  }

  remove(reader: TailReader): void {
    const readers = this.readers.get(reader.topic);
    readers?.delete(reader);
    if (readers?.size !== 0) return;
    this.readers.delete(reader.topic);
    this.known.delete(reader.topic);
  }

  /**
   * The next offset of each partition of a topic that has readers; asks the database only when it has grown. Late by one
   * poll at most. Throws PostgresError.
   */
  async ends(topic: string): Promise<ReadonlyMap<number, bigint>> {
    const known = this.known.get(topic);
    if (known !== undefined) return known;
    const { growths } = this;
    const ends = await readEnds(this.postgres, topic);
    this.learn(topic, ends, growths);
    return ends;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    const listening = await this.listening?.catch(() => []);
    await Promise.allSettled((listening ?? []).map((one) => one.close()));
  }

  private async listen(): Promise<readonly { close(): Promise<void> }[]> {
    const onGap = (): void => void this.poll();
    return Promise.all([
      this.postgres.listen(appendChannel, {
        onNotify: (payload) => {
          const [topic = '', partition = ''] = payload.split(' ');
          this.grew(topic);
          for (const reader of this.readers.get(topic) ?? []) reader.appended(Number(partition));
        },
        onGap,
      }),
      this.postgres.listen(groupChannel, (payload) => {
        const [group = '', topic = ''] = payload.split(' ');
        for (const reader of this.readers.get(topic) ?? []) reader.groupChanged(group);
      }),
    ]);
  }

  /** @param growths before the ends were read: what has grown since may not be among them */
  private learn(topic: string, ends: ReadonlyMap<number, bigint>, growths: number): void {
    if (growths === this.growths) this.known.set(topic, ends);
    else this.known.delete(topic);
  }

  private grew(topic: string): void {
    this.growths += 1;
    this.known.delete(topic);
  }

  private pollLater(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => void this.poll().finally(() => this.pollLater()), pollMs);
  }

  private async poll(): Promise<void> {
    if (this.readers.size === 0) return;
    try {
      const { growths } = this;
      const totals = await readTotals(this.postgres, [...this.readers.keys()]);
      const grown = [...totals.keys()].filter((topic) => totals.get(topic) !== this.totals.get(topic));
      const heads = grown.length === 0 ? [] : await readHeads(this.postgres, grown);
      this.totals = totals;
      for (const [topic, found] of Map.groupBy(heads, ({ topic }) => topic))
        this.learn(topic, new Map(found.map(({ partition, next }) => [partition, next])), growths);
      for (const { topic, partition, next } of heads) {
        for (const reader of this.readers.get(topic) ?? []) reader.appended(partition, next);
      }
    } catch (err) {
      this.logger.warn({ err }, 'event log could not be polled');
    }
  }
}
