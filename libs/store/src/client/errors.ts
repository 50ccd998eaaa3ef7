import { PostgresError, type PostgresErrorCode } from '@causeway/postgres';

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
  '25P03': 'database_unavailable',
};

// What Prisma calls a lost or missing connection; these carry no SQLSTATE.
const unavailable = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
  'AuthenticationFailed',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
]);

function property(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The server names a constraint in its message; it quotes values only elsewhere for these classes. */
function constraintOf(cause: unknown): string | undefined {
  const named = text(property(cause, 'constraint', 'index'));
  return named ?? /constraint "([^"]+)"/.exec(text(property(cause, 'originalMessage')) ?? '')?.[1];
}

/** Errors of the transaction itself, which have no cause in the driver. */
function transactionError(message: string): PostgresError {
  return message.includes('Unable to start a transaction')
    ? new PostgresError('pool_exhausted', 'no connection became free for a transaction')
    : new PostgresError('transaction_closed', 'the transaction took longer than it may, and was rolled back');
}

/** Errors of the driver's pool, which Prisma passes on as they are: they have neither a cause nor a class. */
function poolError(message: string): PostgresError | undefined {
  if (message === 'timeout exceeded when trying to connect') {
    return new PostgresError('pool_exhausted', 'no connection became free within the connect deadline');
  }
  return /^(Connection terminated|Client has encountered|Cannot use a pool|Query read timeout)/.test(message)
    ? new PostgresError('database_unavailable', 'database unavailable: the connection was lost')
    : undefined;
}

function causeOf(error: unknown): unknown {
  return property(error, 'meta', 'driverAdapterError', 'cause') ?? property(error, 'cause');
}

/** True when a statement ran and gave a column of type void, such as `pg_notify`, which Prisma cannot read. */
export function isVoidResult(error: unknown): boolean {
  const cause = causeOf(error);
  return property(cause, 'kind') === 'UnsupportedNativeDataType' && property(cause, 'type') === 'void';
}

/**
 * Turns what Prisma threw for a database failure into a PostgresError, so that a service handles one class and no
 * message carries a row's values: Prisma keeps the server's own detail, which quotes the failing row. Anything else,
 * such as a record that was not found, passes unchanged.
 */
export function toStoreError(error: unknown): unknown {
  if (property(error, 'code') === 'P2028') return transactionError(text(property(error, 'message')) ?? '');
  if (isVoidResult(error)) return error;
  const cause = causeOf(error);
  const kind = text(property(cause, 'kind'));
  if (kind === undefined) return poolError(text(property(error, 'message')) ?? '') ?? error;
  if (unavailable.has(kind)) {
    return new PostgresError('database_unavailable', `database unavailable: ${kind}`);
  }
  const sqlState = text(property(cause, 'originalCode'));
  const code = bySqlState[sqlState ?? ''] ?? 'query_failed';
  const constraint = constraintOf(cause);
  const table = text(property(cause, 'table'));
  const where = constraint === undefined ? '' : `, ${constraint}`;
  return new PostgresError(code, `${code} (${sqlState ?? kind}${where})`, { sqlState, constraint, table });
}

/** Runs `call` and throws its failure as `toStoreError` has it. */
export async function withStoreErrors<T>(call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toStoreError(error);
  }
}
