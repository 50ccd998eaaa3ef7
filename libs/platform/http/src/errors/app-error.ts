/** More about an error than its text. */
export interface AppErrorOptions {
  readonly cause?: unknown;
  /** When the caller may try again, in milliseconds; sent as `Retry-After`. */
  readonly retryAfterMs?: number;
  /** What the caller must do to be let in, for `WWW-Authenticate` beside the scheme (RFC 9110, 11.6.1). */
  readonly challenge?: string;
  /** Which parts of the input are wrong: paths and what is wrong with them, never values. */
  readonly fields?: readonly { readonly path: string; readonly problem: string }[];
}

/**
 * An error that the caller is told of: a code of the catalogue (snake_case), an HTTP status and a sentence without
 * personal data. Every other error reaches the caller as `internal`.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly retryAfterMs: number | undefined;
  readonly challenge: string | undefined;
  readonly fields: AppErrorOptions['fields'];

  constructor(
    readonly code: string,
    readonly status: number,
    detail: string,
    { cause, retryAfterMs, challenge, fields }: AppErrorOptions = {},
  ) {
    super(detail, cause === undefined ? undefined : { cause });
    this.retryAfterMs = retryAfterMs;
    this.challenge = challenge;
    this.fields = fields;
  }
}
