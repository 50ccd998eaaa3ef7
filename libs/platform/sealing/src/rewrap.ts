import { limits } from '@causeway/limits';
import { sql, type SqlExecutor } from '@causeway/postgres';
import { countBehind, nameOf, wrapperOf, type SealedTable } from './sealed-table.js';
import { SealingError } from './sealing.errors.js';
import type { RingKeyWrap } from './wrapping-keys.js';

export interface Rewrapped {
  /** Rows whose data key the present wrapping key wraps now. */
  readonly rewrapped: number;
  /** Rows that do not open: of another ring, or damaged. They stay as they are. */
  readonly unreadable: number;
}

interface Row {
  readonly id: string;
  readonly wrapped: Buffer;
}

const FIRST = { uuid: '00000000-0000-0000-0000-000000000000', text: '' } as const;

/**
 * Wraps the data key of every row anew that another key than the present one wraps. In bounded batches, each its own
 * transaction; a row that was changed meanwhile, by the service or by an erasure, is left as it is and read again.
 * Broken off, it goes on where it was when it is run again.
 * @param onBatch told how many rows are done
 * @throws {PostgresError}; {SealingError} `key_service_…`: what is done stays done
 */
export async function rewrapTable(
  executor: SqlExecutor,
  table: SealedTable,
  keyWrap: RingKeyWrap,
  onBatch: (rewrapped: number) => void = () => undefined,
): Promise<Rewrapped> {
  let rewrapped = 0;
  let unreadable = 0;
  for (const wrapper of (await countBehind(executor, table, keyWrap.wrapper())).keys()) {
    let after: string = FIRST[table.id.type];
    for (;;) {
      const rows = await readBatch(executor, table, wrapper, after);
      const last = rows.at(-1);
      if (last === undefined) break;
      const done = await Promise.all(rows.map((row) => rewrap(keyWrap, table.context(row.id), row)));
      const opened = done.filter((row) => row !== undefined);
      unreadable += rows.length - opened.length;
      rewrapped += await writeBatch(executor, table, opened);
      onBatch(rewrapped);
      after = last.id;
    }
  }
  return { rewrapped, unreadable };
}

async function readBatch(
  executor: SqlExecutor,
  table: SealedTable,
  wrapper: string,
  after: string,
): Promise<readonly Row[]> {
  const id = sql.ident('t', table.id.column);
  const type = sql.raw(table.id.type);
  return executor.query<Row>(sql`
    select ${id}::text as id, ${sql.ident('t', table.wrappedKey)} as wrapped from ${nameOf(table)} t
    where ${wrapperOf(table)} = ${Buffer.from(wrapper)} and ${id} > ${after}::${type}
    order by ${id} limit ${limits.rewrapBatchRows.value}`);
}

async function rewrap(
  keyWrap: RingKeyWrap,
  context: string,
  row: Row,
): Promise<(Row & { readonly next: Uint8Array }) | undefined> {
  let dataKey: Uint8Array | undefined;
  try {
    dataKey = await keyWrap.unwrap(row.wrapped, context);
    return { ...row, next: await keyWrap.wrap(dataKey, context) };
  } catch (error) {
    if (error instanceof SealingError && LEFT.has(error.code)) return undefined;
    throw error;
  } finally {
    dataKey?.fill(0);
  }
}

const LEFT: ReadonlySet<string> = new Set(['record_unreadable', 'wrapping_key_unknown']);

async function writeBatch(
  executor: SqlExecutor,
  table: SealedTable,
  rows: readonly (Row & { readonly next: Uint8Array })[],
): Promise<number> {
  const key = sql.ident('t', table.wrappedKey);
  const [ids, before, after] = [
    rows.map((row) => row.id),
    rows.map((row) => row.wrapped),
    rows.map((row) => row.next),
  ];
  const written = await executor.query(sql`
    update ${nameOf(table)} t set ${sql.ident(table.wrappedKey)} = n.after
    from unnest(${ids}::text[], ${before}::bytea[], ${after}::bytea[]) as n(id, before, after)
    where ${sql.ident('t', table.id.column)} = n.id::${sql.raw(table.id.type)} and ${key} = n.before returning 1`);
  return written.length;
}
