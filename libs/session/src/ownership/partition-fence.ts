import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { sql, type Postgres, type Sql } from '@causeway/postgres';
import type { Counter, Logger } from '@causeway/telemetry';

/** A partition that nobody took for so long may be of a consumer group that was made anew, and counts from one again. */
const STALE_DAYS = 7;
const LOOK_MS = 100;

/** Who writes: the owner of a partition, in the generation in which it was given it. */
export interface Owner {
  readonly partition: number;
  readonly generation: number;
}

/** What a pod does before its sessions in some partitions begin, and after they have ended. */
export interface Handover {
  /** Resolves when they may begin. Never throws. */
  take(partitions: readonly number[], generation: number): Promise<void>;
  /** Their connections are closed. Never throws. */
  release(owners: readonly Owner[]): Promise<void>;
}

export interface PartitionFenceOptions {
  readonly postgres: Postgres;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly handovers: Counter;
}

/** @returns a condition that holds unless a later owner has taken the partition; operands are SQL of int and bigint */
export function isNotFenced(partition: Sql, generation: Sql): Sql {
  return sql`not exists (select from session.partitions fence
    where fence.partition = ${partition} and fence.generation > ${generation})`;
}

/**
 * Table `session.partitions`. The consumer group alone says who owns a partition; a row here says since which generation
 * writes for it count, so that those of an owner that lost it fail, and whether that owner's connections may still be
 * open, so that the next one does not log in beside them.
 */
export class PartitionFence implements Handover {
  constructor(private readonly options: PartitionFenceOptions) {}

  /**
   * Raises the fence, then waits until the owner before has closed its connections, `ownershipHandoverMs` at most: one
   * that is dead never says so. Never throws: without the database the pod goes on, as its group told it to.
   */
  async take(partitions: readonly number[], generation: number): Promise<void> {
    const { clock, handovers, logger } = this.options;
    const untilMs = clock.monotonicMs() + limits.ownershipHandoverMs.value;
    let fenced = false;
    let held = partitions.length;
    for (let look = 0; ; look++) {
      try {
        if (!fenced) await this.#raise(partitions, generation);
        fenced = true;
        held = await this.#heldByOthers(partitions, generation);
      } catch (error) {
        if (look === 0) logger.warn({ err: error }, 'the owner before cannot be fenced; trying again');
      }
      if (held === 0 || clock.monotonicMs() >= untilMs) {
        handovers.inc({ outcome: look === 0 ? 'free' : 'released' }, partitions.length - held);
        break;
      }
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, LOOK_MS));
    }
    if (held > 0) handovers.inc({ outcome: fenced ? 'waited_in_vain' : 'not_fenced' }, held);
    await this.#hold(partitions, generation);
  }

  /** The connections of these partitions are closed: their next owner need not wait. Never throws. */
  async release(owners: readonly Owner[]): Promise<void> {
    const partitions = owners.map(({ partition }) => partition);
    const generations = owners.map(({ generation }) => generation);
    await this.#told(sql`
      update session.partitions p set held_by = null
      from unnest(${partitions}::int[], ${generations}::bigint[]) as mine (partition, generation)
      where p.partition = mine.partition and p.held_by = mine.generation`);
  }

  /** In the order of the partitions, so that two pods cannot lock each other out. */
  async #raise(partitions: readonly number[], generation: number): Promise<void> {
    await this.options.postgres.query(sql`
      insert into session.partitions as old (partition, generation)
      select partition, ${generation}::bigint from unnest(${[...partitions]}::int[]) as mine (partition) order by partition
      on conflict (partition) do update set generation = excluded.generation, taken_at = now()
      where old.generation <= excluded.generation or old.held_by is null
        or old.taken_at < now() - make_interval(days => ${STALE_DAYS})`);
  }

  async #heldByOthers(partitions: readonly number[], generation: number): Promise<number> {
    const rows = await this.options.postgres.query(sql`
      select 1 from session.partitions where partition = any(${[...partitions]}::int[]) and held_by <> ${generation}::bigint`);
    return rows.length;
  }

  /** Says that from now on connections of this pod may be open. */
  async #hold(partitions: readonly number[], generation: number): Promise<void> {
    await this.#told(sql`
      update session.partitions set generation = ${generation}::bigint, held_by = ${generation}::bigint
      where partition = any(${[...partitions]}::int[]) and generation <= ${generation}::bigint`);
  }

  async #told(statement: Sql): Promise<void> {
    await this.options.postgres.query(statement).catch((error: unknown) => {
      this.options.logger.warn(
        { err: error },
        'the next owner of partitions cannot be told about connections',
      );
    });
  }
}
