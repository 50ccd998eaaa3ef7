export { runningEmbeddedPostgres } from './running.js';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './start.js';
export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './errors.js';
