import { limits } from '@causeway/limits';
import { sql, type Sql, type SqlExecutor } from '@causeway/postgres';
import type { ExportedRecord, ExportPage, Subject } from './contract.js';
import type { PersonalTable, Reveals } from './tables.js';

/**
 * A page of everything that the tables hold about a person, every column that is not named as hidden.
 * @param cursor where the last page ended; from the beginning without it
 * @param reveals what shows opened what a table keeps sealed
 * @throws {PostgresError}, and what a reveal throws
 */
export async function exportPage(
  executor: SqlExecutor,
  tables: readonly PersonalTable[],
  subject: Subject,
  cursor = '0.0',
  reveals: Reveals = new Map(),
): Promise<ExportPage> {
  const records: ExportedRecord[] = [];
  let [index = 0, offset = 0] = cursor.split('.').map(Number);
  for (;;) {
    const table = tables[index];
    if (table === undefined) return { records };
    const room = limits.personalPageItems.value - records.length;
    const rows = await executor.query<{ record: Record<string, unknown> }>(
      selectOf(table, subject, offset, room),
    );
    const reveal = reveals.get(table.table);
    for (const { record } of rows) {
      records.push({ table: table.table, record: { ...record, ...(await reveal?.(record)) } });
    }
    if (rows.length === room) return { records, next: `${index}.${offset + rows.length}` };
    index += 1;
    offset = 0;
  }
}

function selectOf(table: PersonalTable, subject: Subject, offset: number, items: number): Sql {
  const { hidden = [], content = [] } = table;
  const lengths = content.map(
    (column) => sql`${`${column}_bytes`}::text, octet_length(${sql.ident('t', column)})`,
  );
  return sql`
    select to_jsonb(t) - ${[...hidden, ...content]}::text[] || jsonb_build_object(${sql.join(lengths)}) as record
    from ${sql.ident(...table.table.split('.'))} t where ${table.of(subject)}
    order by ${table.orderBy} offset ${offset} limit ${items}`;
}
