import { sql, type Sql, type SqlExecutor } from '@causeway/postgres';

/** A table of which each row has a data key of its own, wrapped. */
export interface SealedTable {
  readonly table: `${string}.${string}`;
  /** Column of the primary key, and its type. */
  readonly id: { readonly column: string; readonly type: 'uuid' | 'text' };
  /** Column of the wrapped data key; null where it was destroyed. */
  readonly wrappedKey: string;
  /** What the data key of a row is for. */
  readonly context: (id: string) => string;
}

/** The id of the wrapping key that a row names, as bytes; every sealed table has an index that begins with it. */
export function wrapperOf({ wrappedKey }: SealedTable): Sql {
  const column = sql.ident('t', wrappedKey);
  return sql`substring(${column} from 3 for get_byte(${column}, 1))`;
}

export function nameOf({ table }: SealedTable): Sql {
  return sql.ident(...table.split('.'));
}

/** @returns how many rows name each wrapping key; reads the whole table. @throws {PostgresError} */
export async function countWrapped(executor: SqlExecutor, table: SealedTable): Promise<Map<string, number>> {
  const rows = await executor.query<{ id: string; count: string }>(sql`
    select encode(${wrapperOf(table)}, 'escape') as id, count(*) from ${nameOf(table)} t
    where ${sql.ident('t', table.wrappedKey)} is not null group by 1 order by 1`);
  return new Map(rows.map(({ id, count }) => [id, Number(count)]));
}

/**
 * @returns how many rows name each other wrapping key than `wrapper`, by the index alone: it is asked often
 * @throws {PostgresError}
 */
export async function countBehind(
  executor: SqlExecutor,
  table: SealedTable,
  wrapper: string,
): Promise<Map<string, number>> {
  const current = Buffer.from(wrapper);
  const next = (than: Sql) => sql`(select ${wrapperOf(table)} as id from ${nameOf(table)} t
    where ${than} order by 1 limit 1)`;
  const rows = await executor.query<{ id: string; count: string }>(sql`
    with recursive ids as (
      ${next(sql`${wrapperOf(table)} is not null`)}
      union all
      select following.id from ids cross join lateral ${next(sql`${wrapperOf(table)} > ids.id`)} following)
    select encode(ids.id, 'escape') as id,
      (select count(*) from ${nameOf(table)} t where ${wrapperOf(table)} = ids.id) as count
    from ids where ids.id <> ${current}`);
  return new Map(rows.map(({ id, count }) => [id, Number(count)]));
}
