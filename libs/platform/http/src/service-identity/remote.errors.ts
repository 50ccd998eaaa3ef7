/**
 * What another service answered instead of a result: its own code and status, or one of ours (`service_unreachable`,
 * `service_untrusted` for a certificate that no authority of ours vouches for, `service_timeout`, `service_answer` for an
 * answer without the agreed form) with status 0.
 */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';

  constructor(
    readonly code: string,
    readonly status: number,
    /** The service that was called. */
    readonly service: string,
    options: { readonly detail?: string; readonly cause?: unknown } = {},
  ) {
    super(
      options.detail ?? `${service} answered ${code}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
  }

  /** Whether the same call may succeed a moment later. */
  get retryable(): boolean {
    return this.status === 0 ? this.code !== 'service_answer' : this.status === 503 || this.status === 429;
  }
}
