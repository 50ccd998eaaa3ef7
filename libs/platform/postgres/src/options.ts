import type { Logger, Metrics } from '@causeway/telemetry';
import { tlsOf, type ServerTrust } from './tls.js';

/** Where this library reports what nobody awaits: an idle connection that broke, a listener that reconnects. */
export type PostgresLogger = Pick<Logger, 'warn'>;

/** Options of one pool. Times in milliseconds. */
export interface PostgresOptions {
  /** Connections of the pool. The session connection (LISTEN, advisory locks) is one more. */
  readonly poolSize: number;
  readonly applicationName: string;
  /** Enforced by the server; a server that does not answer at all is given up two seconds later. */
  readonly statementTimeoutMs: number;
  /** Deadline for a new connection and for a free one of the pool. */
  readonly connectTimeoutMs?: number;
  /** Callers that may wait for a free connection; the next one is refused with `pool_exhausted` at once. */
  readonly maxWaiting?: number;
  /** For `sslmode` in the URL; read for each new connection, so that it may change. */
  readonly tls?: ServerTrust;
  readonly logger?: PostgresLogger;
  /** Counts what is tried again. */
  readonly metrics?: Metrics;
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<Omit<PostgresOptions, 'logger' | 'metrics' | 'tls'>> &
  Pick<PostgresOptions, 'tls'> & { readonly logger: PostgresLogger };

export function resolveOptions(options: PostgresOptions): ResolvedOptions {
  return { connectTimeoutMs: 5_000, maxWaiting: 1_000, logger: { warn: () => undefined }, ...options };
}

/** The driver's settings that pool and session connection have in common. */
export function connectionConfig(given: string, options: ResolvedOptions) {
  const { url, ssl } = tlsOf(given, options.tls);
  return {
    connectionString: url,
    ...(ssl !== undefined && { ssl }),
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // A black-holed connection never brings the server's own timeout back.
    query_timeout: options.statementTimeoutMs + 2_000,
    idle_in_transaction_session_timeout: options.statementTimeoutMs * 2,
    keepAlive: true,
  };
}
