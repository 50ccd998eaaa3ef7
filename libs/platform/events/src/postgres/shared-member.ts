import { randomUUID } from 'node:crypto';
import type { Postgres } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import { CommitTimer } from '../consuming/commit-timer.js';
import type { PartitionSet } from '../consuming/partition-set.js';
import type { JoinRequest, Member } from '../event-log.js';
import { commitPositions, leaseMs, leaveGroup, rebalance, releasePartitions } from './group-rows.js';
import type { BeatingMember, Heartbeat } from './heartbeat.js';
import type { LogTail, TailReader } from './log-tail.js';
import { PartitionReader } from './partition-reader.js';

const commitMs = 250;

/** A member of a group that splits a topic's partitions. */
export class SharedMember<T> implements Member, TailReader, BeatingMember {
  readonly topic: string;
  readonly id;
  private readonly set: PartitionSet<T>;
  private readonly reader: PartitionReader<T>;
  private lastBeat = performance.now();
  private closed = false;
  private generation = -1;
  private due = false;
  private working: Promise<void> | undefined;
  private readonly commits = new CommitTimer(() => this.commit(), commitMs);

  constructor(
    private readonly postgres: Postgres,
    private readonly tail: LogTail,
    private readonly heartbeat: Heartbeat,
    private readonly request: JoinRequest<T>,
    private readonly logger: Logger,
  ) {
    this.topic = request.topic;
    this.id = { group: request.group, topic: request.topic, member: randomUUID() };
    this.set = request.createSet({
      mayHandle: () => performance.now() - this.lastBeat < leaseMs,
      onRoom: (partition) => this.reader.mark(partition),
      onDone: () => this.commits.due(),
    });
    this.reader = new PartitionReader(postgres, request.topic, this.set, logger);
  }

  /** Takes the first share. Throws PostgresError. */
  async join(): Promise<void> {
    await this.tail.add(this);
    await this.rebalance();
    this.heartbeat.add(this);
  }

  appended(partition: number, next?: bigint): void {
    this.reader.mark(partition, next);
  }

  groupChanged(group: string): void {
    if (group === this.id.group) this.rebalanceSoon();
  }

  async lag(): Promise<number> {
    const ends = await this.tail.ends(this.topic);
    return this.set.lag(ends, (partition) => this.reader.position(partition));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.heartbeat.remove(this);
    this.commits.stop();
    this.tail.remove(this);
    this.reader.close();
    await this.working;
    await this.set.drain(this.partitions(), this.request.graceMs);
    await this.commit();
    await this.set.assign([], 0);
    await leaveGroup(this.postgres, this.id).catch((err: unknown) =>
      this.logger.warn(
        { err },
        'group could not be left; its partitions are free when the membership lapses',
      ),
    );
  }

  renewed(asked: number): void {
    this.lastBeat = asked;
    for (const consumer of this.set.all()) consumer.wake();
  }

  private partitions(): number[] {
    return this.set.all().map((consumer) => consumer.partition);
  }

  /** One rebalance at a time; a change that comes meanwhile leads to another one. */
  rebalanceSoon(): void {
    this.due = true;
    this.working ??= this.rebalanceWhileDue();
  }

  private async rebalanceWhileDue(): Promise<void> {
    await Promise.resolve();
    while (this.due && !this.closed) {
      this.due = false;
      await this.rebalance().catch((err: unknown) =>
        this.logger.warn({ err }, 'event group could not be rebalanced'),
      );
    }
    this.working = undefined;
  }

  private async rebalance(): Promise<void> {
    const asked = performance.now();
    const share = await rebalance(this.postgres, this.id, this.request.partitions);
    if (this.closed) return;
    const before = new Set(this.partitions());
    const owned = share.owned.map((lease) => lease.partition);
    for (const partition of before) if (!owned.includes(partition)) this.reader.end(partition);
    void this.set.assign(owned, share.generation);
    this.renewed(asked);
    for (const { partition, offset } of share.owned)
      if (!before.has(partition)) this.reader.begin(partition, offset);
    if (share.excess.length > 0) await this.giveBack(share.excess, owned, share.generation);
    if (share.generation === this.generation) return;
    this.generation = share.generation;
    this.request.onRebalanced(performance.now() - asked);
  }

  /** First stop and commit, then release: the next owner must begin where this one ended. */
  private async giveBack(
    excess: readonly number[],
    owned: readonly number[],
    generation: number,
  ): Promise<void> {
    for (const partition of excess) this.reader.end(partition);
    await this.set.drain(excess, this.request.graceMs);
    await this.commit();
    await this.set.assign(
      owned.filter((partition) => !excess.includes(partition)),
      generation,
    );
    await releasePartitions(this.postgres, this.id, excess);
  }

  private async commit(): Promise<void> {
    const positions = this.set.positions();
    if (positions.length === 0) return;
    try {
      await commitPositions(this.postgres, this.id, positions);
      this.set.markCommitted(positions);
    } catch (err) {
      this.logger.warn({ err }, 'positions of an event group could not be committed');
      this.commits.due();
    }
  }
}
