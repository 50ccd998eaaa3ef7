/** Closed list of what a database call can end in. */
export type PostgresErrorCode =
  | 'database_unavailable'
  | 'pool_exhausted'
  | 'statement_timeout'
  | 'lock_timeout'
  | 'unique_violation'
  | 'foreign_key_violation'
  | 'check_violation'
  | 'not_null_violation'
  | 'serialization_failure'
  | 'deadlock_detected'
  | 'permission_denied'
  | 'disk_full'
  | 'commit_unknown'
  | 'transaction_closed'
  | 'query_failed';

/** What the server said, without the values it quotes. */
export interface PostgresErrorDetails {
  readonly sqlState?: string | undefined;
  readonly constraint?: string | undefined;
  readonly table?: string | undefined;
}

/**
 * The only error this library throws. The server's own `detail` quotes row values, so neither it nor the original
 * error is kept; its message is kept only for the classes that speak of statements and not of data.
 */
export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  readonly sqlState: string | undefined;
  readonly constraint: string | undefined;
  readonly table: string | undefined;

  constructor(
    readonly code: PostgresErrorCode,
    message: string,
    details: PostgresErrorDetails = {},
  ) {
    super(message);
    this.sqlState = details.sqlState;
    this.constraint = details.constraint;
    this.table = details.table;
  }

  /** True when the connection that gave this error must not be used again. */
  get connectionLost(): boolean {
    return this.code === 'database_unavailable' || this.code === 'commit_unknown';
  }
}

const bySqlState: Readonly<Record<string, PostgresErrorCode>> = {
  '57014': 'statement_timeout',
  '55P03': 'lock_timeout',
  '23505': 'unique_violation',
  '23503': 'foreign_key_violation',
  '23514': 'check_violation',
  '23502': 'not_null_violation',
  '40001': 'serialization_failure',
  '40P01': 'deadlock_detected',
  '42501': 'permission_denied',
  '53100': 'disk_full',
  '53300': 'database_unavailable',
  '57P01': 'database_unavailable',
  '57P02': 'database_unavailable',
  '57P03': 'database_unavailable',
  // The server ended an idle transaction, and with it the connection.
  '25P03': 'database_unavailable',
};

/** Classes whose messages name statements, roles and databases, and never a row's values. */
const speakableClasses = new Set(['08', '25', '28', '3D', '42', '53', '55', '57']);

function field(error: unknown, name: string): string | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Turns whatever the driver threw into a PostgresError. A PostgresError passes unchanged. */
export function toPostgresError(error: unknown): PostgresError {
  if (error instanceof PostgresError) return error;
  const message = field(error, 'message') ?? 'unknown failure';
  const code = field(error, 'code');
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && field(error, 'severity') !== undefined) {
    const kind = bySqlState[code] ?? (code.startsWith('08') ? 'database_unavailable' : 'query_failed');
    const constraint = field(error, 'constraint');
    const table = field(error, 'table');
    const spoken = speakableClasses.has(code.slice(0, 2)) ? `: ${message}` : '';
    const where = constraint ?? table;
    return new PostgresError(kind, `${kind} (${code}${where === undefined ? '' : `, ${where}`})${spoken}`, {
      sqlState: code,
      constraint,
      table,
    });
  }
  if (message === 'timeout exceeded when trying to connect') {
    return new PostgresError('pool_exhausted', 'no connection became free within the connect deadline');
  }
  if (message === 'Query read timeout') {
    return new PostgresError(
      'database_unavailable',
      'the database gave no answer within the statement deadline',
    );
  }
  // Refused, reset, unresolved, closed: the driver has no class of its own for any of them.
  const connection =
    code !== undefined || /connection|terminated|client has encountered|not queryable/i.test(message);
  return connection
    ? new PostgresError('database_unavailable', `database unavailable: ${code ?? message}`)
    : new PostgresError('query_failed', 'query failed in the driver');
}

/** A connection that could not be opened, for whatever reason (refused, wrong password, no such database). */
export function toConnectError(error: unknown): PostgresError {
  const failure = toPostgresError(error);
  if (failure.code === 'pool_exhausted' || failure.code === 'database_unavailable') return failure;
  return new PostgresError('database_unavailable', failure.message, { sqlState: failure.sqlState });
}
