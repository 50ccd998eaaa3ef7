import { sql, type SqlExecutor } from '@causeway/postgres';
import type { Subject } from './contract.js';
import type { PersonalTable } from './tables.js';

/**
 * Erases what the tables hold about a person. Erasing again changes nothing.
 * @returns false while a table that is emptied in its own way still holds something
 * @throws {PostgresError}
 */
export async function eraseTables(
  executor: SqlExecutor,
  tables: readonly PersonalTable[],
  subject: Subject,
): Promise<boolean> {
  let erased = true;
  for (const { table, of, erase } of tables) {
    if (erase !== undefined) erased = (await erase(executor, subject)) && erased;
    else await executor.query(sql`delete from ${sql.ident(...table.split('.'))} t where ${of(subject)}`);
  }
  return erased;
}
