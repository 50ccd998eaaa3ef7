import type { ClientBase } from 'pg';
import { toPostgresError } from './errors.js';
import type { Sql } from './sql.js';

/** Anything that runs statements: the pool or an open transaction. */
export interface SqlExecutor {
  /**
   * Runs one statement and returns its rows. `bigint` and `numeric` columns come as strings.
   * Throws PostgresError.
   */
  query<Row>(statement: Sql): Promise<Row[]>;
}

/** Runs one statement on one connection; failures become PostgresError. */
export async function runOn<Row>(client: ClientBase, statement: Sql): Promise<Row[]> {
  try {
    const result = await client.query({ text: statement.text, values: [...statement.values] });
    return result.rows as Row[];
  } catch (error) {
    throw toPostgresError(error);
  }
}
