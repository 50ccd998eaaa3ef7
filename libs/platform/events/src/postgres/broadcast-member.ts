import type { Postgres } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import type { PartitionSet } from '../consuming/partition-set.js';
import type { JoinRequest, Member } from '../event-log.js';
import type { LogTail, TailReader } from './log-tail.js';
import { PartitionReader } from './partition-reader.js';
import { readEnds } from './read.js';

/** A reader of every partition, from the moment it joined; its positions live and die with it. */
export class BroadcastMember<T> implements Member, TailReader {
  readonly topic: string;
  private readonly set: PartitionSet<T>;
  private readonly reader: PartitionReader<T>;

  constructor(
    private readonly postgres: Postgres,
    private readonly tail: LogTail,
    private readonly request: JoinRequest<T>,
    logger: Logger,
  ) {
    this.topic = request.topic;
    this.set = request.createSet({
      mayHandle: () => true,
      onRoom: (partition) => this.reader.mark(partition),
      // Its positions are nobody else's to know.
      onDone: () => undefined,
    });
    this.reader = new PartitionReader(postgres, request.topic, this.set, logger);
  }

  /** Throws PostgresError. */
  async join(): Promise<void> {
    await this.tail.add(this);
    const next = await readEnds(this.postgres, this.topic);
    const partitions = Array.from({ length: this.request.partitions }, (_, partition) => partition);
    void this.set.assign(partitions, 1);
    for (const partition of partitions) this.reader.begin(partition, next.get(partition) ?? 0n);
  }

  appended(partition: number, next?: bigint): void {
    this.reader.mark(partition, next);
  }

  groupChanged(): void {
    // Broadcast members have no group.
  }

  async lag(): Promise<number> {
    const ends = await this.tail.ends(this.topic);
    return this.set.lag(ends, (partition) => this.reader.position(partition));
  }

  async close(): Promise<void> {
    this.tail.remove(this);
    this.reader.close();
    await this.set.drain(
      this.set.all().map((consumer) => consumer.partition),
      this.request.graceMs,
    );
    await this.set.assign([], 1);
  }
}
