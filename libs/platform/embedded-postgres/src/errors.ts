/** Why the embedded database did not start or stop. */
export type EmbeddedPostgresErrorCode =
  | 'binaries_missing'
  | 'folder_not_accessible'
  | 'folder_not_empty'
  | 'data_version'
  | 'data_in_use'
  | 'port_in_use'
  | 'start_failed';

/** One clear line for the person at the terminal, and a code for programs. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
  ) {
    super(message);
  }
}
