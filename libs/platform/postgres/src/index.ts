export { Postgres } from './postgres.js';
export { sql, type Sql } from './sql.js';
export type { SqlExecutor } from './executor.js';
export { PostgresError, type PostgresErrorCode } from './errors.js';
export type { PostgresLogger, PostgresOptions } from './options.js';
export type { ChannelListener } from './session-connection.js';
export type { Isolation } from './transaction.js';
export { lockInTransaction, tryLockInTransaction, type AdvisoryLock } from './advisory-lock.js';
export type { Pool as PrismaPool } from 'pg';
