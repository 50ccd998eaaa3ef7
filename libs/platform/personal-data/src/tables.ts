import type { Sql, SqlExecutor } from '@causeway/postgres';
import type { Subject } from './contract.js';

/** @returns what a row keeps sealed, opened for the person whose it is; undefined when the row is gone meanwhile */
export type Reveal = (
  record: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>> | undefined>;

/** By table. */
export type Reveals = ReadonlyMap<string, Reveal>;

/** A table in which a service keeps something about a person. */
export interface PersonalTable {
  /** `<schema>.<table>`. */
  readonly table: `${string}.${string}`;
  /** Which rows are about the person; by an index. */
  readonly of: (subject: Subject) => Sql;
  /** Columns that order the rows, so that pages of them fit together. */
  readonly orderBy: Sql;
  /** Columns that are not shown: wrapped keys and sealed bytes, which say nothing to anybody. */
  readonly hidden?: readonly string[];
  /** Columns with end-to-end encrypted content, which nobody here can read: shown by their length. */
  readonly content?: readonly string[];
  /** Erases in another way than by deleting the rows. @returns whether nothing is left */
  readonly erase?: (executor: SqlExecutor, subject: Subject) => Promise<boolean>;
}
