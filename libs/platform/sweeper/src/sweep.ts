import type { SqlExecutor } from '@causeway/postgres';

/** How many rows a batch removed, by why they had to go: a closed list of words in snake_case. */
export type Swept = Readonly<Record<string, number>>;

/** What is to be removed from one table, in batches. */
export interface Sweep {
  /** `<schema>.<table>`: names lock and metric. */
  readonly name: string;
  /** Milliseconds between two rounds. */
  readonly everyMs: number;
  /**
   * Removes at most `limits.sweepBatchItems` rows, within a transaction that holds the sweep's lock.
   * A batch that removes as many is followed by another.
   */
  batch(tx: SqlExecutor): Promise<Swept>;
}

/** Counts the rows of a `delete … returning`, or of what is about to be emptied, by their column `reason`. */
export function countReasons(rows: readonly { readonly reason: string }[]): Swept {
  const counts: Record<string, number> = {};
  for (const { reason } of rows) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
