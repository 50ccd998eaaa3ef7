import type { Counter } from '@causeway/telemetry';
import { Pool, type PoolClient } from 'pg';
import type { AdvisoryLock } from './advisory-lock.js';
import { PostgresError, toConnectError } from './errors.js';
import { runOn, type SqlExecutor } from './executor.js';
import { connectionConfig, resolveOptions, type PostgresOptions, type ResolvedOptions } from './options.js';
import { SessionConnection, type ChannelListener } from './session-connection.js';
import type { Sql } from './sql.js';
import { retryUndone } from './retry.js';
import { runTransaction, type Isolation } from './transaction.js';

/**
 * A database: pool, transactions, LISTEN, advisory locks. Every failure is a PostgresError, and nothing is retried but by
 * `idempotentTransaction`.
 */
export class Postgres implements SqlExecutor {
  private readonly pool: Pool;
  private readonly session: SessionConnection;
  private readonly options: ResolvedOptions;
  private readonly retries: Counter | undefined;
  private readonly refused: Counter | undefined;

  private constructor(url: string, options: PostgresOptions) {
    this.options = resolveOptions(options);
    this.retries = options.metrics?.counter(
      'database_transaction_retries_total',
      'Transactions begun anew because the database undid them, by why',
      ['code'],
    );
    this.refused = options.metrics?.counter(
      'database_connections_refused_total',
      'Callers that got no database connection, by why',
      ['code'],
    );
    this.pool = new Pool({
      ...connectionConfig(url, this.options),
      max: this.options.poolSize,
      idleTimeoutMillis: 30_000,
    });
    // Without a listener an idle connection that breaks would end the process.
    this.pool.on('error', () => this.options.logger.warn({}, 'idle database connection lost'));
    this.session = new SessionConnection(url, this.options);
  }

  /** Opens nothing yet: the first statement does, and fails with `database_unavailable` when there is no server. */
  static connect(url: string, options: PostgresOptions): Postgres {
    return new Postgres(url, options);
  }

  async query<Row>(statement: Sql): Promise<Row[]> {
    return this.withClient((client) => runOn<Row>(client, statement));
  }

  /**
   * Runs `fn` in one transaction; commits when it returns, rolls back when it throws, and throws what it threw.
   * `commit_unknown` means that the connection broke during COMMIT: the change may or may not be there.
   */
  async transaction<T>(
    fn: (tx: SqlExecutor) => Promise<T>,
    isolation: Isolation = 'read committed',
  ): Promise<T> {
    return this.withClient((client) => runTransaction(client, fn, isolation));
  }

  /**
   * As `transaction`, but begins anew, a bounded number of times, when the server undid it: serialization failure,
   * deadlock, or a connection lost before COMMIT was sent, as in a failover. `fn` may run several times, so it must do
   * nothing outside the transaction. An unknown outcome of COMMIT is never tried again.
   */
  async idempotentTransaction<T>(
    fn: (tx: SqlExecutor) => Promise<T>,
    isolation: Isolation = 'read committed',
  ): Promise<T> {
    return retryUndone(() => this.transaction(fn, isolation), this.retries);
  }

  /** Calls back for each NOTIFY on the channel, over one reserved connection that reconnects by itself. */
  async listen(
    channel: string,
    listener: ChannelListener | ((payload: string) => void),
  ): Promise<{ close(): Promise<void> }> {
    return this.session.listen(channel, typeof listener === 'function' ? { onNotify: listener } : listener);
  }

  /** Takes a named lock for as long as the session connection lives, or undefined when somebody else holds it. */
  async tryAdvisoryLock(name: string): Promise<AdvisoryLock | undefined> {
    return this.session.tryLock(name);
  }

  /** The driver's pool, for Prisma's adapter only. */
  prismaPool(): Pool {
    return this.pool;
  }

  poolStats(): { readonly total: number; readonly idle: number; readonly waiting: number } {
    return { total: this.pool.totalCount, idle: this.pool.idleCount, waiting: this.pool.waitingCount };
  }

  /** Waits for statements in work (their own deadline bounds that), then closes every connection. */
  async close(): Promise<void> {
    if (this.pool.ending) return;
    await this.session.close();
    await this.pool.end();
  }

  private async withClient<T>(fn: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.acquire();
    let broken = false;
    // A connection that breaks while it is checked out reports here as well as to the statement.
    const onError = (): void => {
      broken = true;
    };
    client.on('error', onError);
    try {
      return await fn(client);
    } catch (error) {
      broken ||= error instanceof PostgresError && error.connectionLost;
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  private async acquire(): Promise<PoolClient> {
    try {
      if (this.pool.waitingCount >= this.options.maxWaiting) {
        throw new PostgresError('pool_exhausted', 'too many callers wait for a database connection');
      }
      return await this.pool.connect();
    } catch (error) {
      const failure = toConnectError(error);
      this.refused?.inc({ code: failure.code });
      throw failure;
    }
  }
}
