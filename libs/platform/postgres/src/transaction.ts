import type { ClientBase } from 'pg';
import { PostgresError, toPostgresError } from './errors.js';
import { runOn, type SqlExecutor } from './executor.js';
import { sql, type Sql } from './sql.js';

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

const begin: Readonly<Record<Isolation, Sql>> = {
  'read committed': sql`begin`,
  'repeatable read': sql`begin isolation level repeatable read`,
  serializable: sql`begin isolation level serializable`,
};

class Transaction implements SqlExecutor {
  private open = true;

  constructor(private readonly client: ClientBase) {}

  async query<Row>(statement: Sql): Promise<Row[]> {
    // A statement that outlived its transaction would run alone, on a connection that is somebody else's by now.
    if (!this.open)
      throw new PostgresError('transaction_closed', 'statement after the end of its transaction');
    return runOn<Row>(this.client, statement);
  }

  end(): void {
    this.open = false;
  }
}

async function commit(client: ClientBase): Promise<void> {
  let tag: string;
  try {
    tag = (await client.query('commit')).command;
  } catch (error) {
    const failure = toPostgresError(error);
    if (failure.connectionLost) {
      throw new PostgresError('commit_unknown', 'the connection broke during COMMIT; the outcome is unknown');
    }
    throw failure;
  }
  // The server answers COMMIT of a failed transaction with ROLLBACK and no error.
  if (tag === 'ROLLBACK')
    throw new PostgresError('query_failed', 'a statement failed, the transaction was rolled back');
}

/** BEGIN, fn, COMMIT on one connection; ROLLBACK when fn throws. */
export async function runTransaction<T>(
  client: ClientBase,
  fn: (tx: SqlExecutor) => Promise<T>,
  isolation: Isolation,
): Promise<T> {
  await runOn(client, begin[isolation]);
  const tx = new Transaction(client);
  let result: T;
  try {
    result = await fn(tx);
  } catch (error) {
    tx.end();
    await rollback(client);
    throw error;
  }
  tx.end();
  await commit(client);
  return result;
}

/** A ROLLBACK that fails means a broken connection, which the pool must not keep: it says so by an `error` event. */
async function rollback(client: ClientBase): Promise<void> {
  try {
    await runOn(client, sql`rollback`);
  } catch (error) {
    client.emit('error', error);
  }
}
