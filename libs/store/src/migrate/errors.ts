export type MigrationErrorCode =
  | 'migrations_unreadable'
  | 'migration_changed'
  | 'migration_failed'
  | 'migration_failed_before'
  | 'migration_not_failed';

/** Why the database was not brought up to date. The message is one line for an operator. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';

  constructor(
    readonly code: MigrationErrorCode,
    message: string,
  ) {
    super(message);
  }
}
