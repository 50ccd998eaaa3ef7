/**
 * An answer of the provider's services that is not the wanted one. `code` is theirs (see the error catalogue), or
 * `api_unreachable` / `api_response_invalid` when there was no usable answer.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** @param status HTTP status, 0 when there was no answer */
  constructor(
    readonly code: string,
    readonly status: number,
    readonly retryAfterMs?: number,
  ) {
    super(`The service answered ${code} (${status})`);
  }
}
