export type EgressErrorCode =
  | 'egress_url_refused'
  | 'egress_host_refused'
  | 'egress_address_refused'
  | 'egress_redirect_refused'
  | 'egress_encoding_refused'
  | 'egress_too_large'
  | 'egress_timeout'
  | 'egress_unreachable';

/** An outbound request that was not made, or whose answer was not taken. */
export class EgressError extends Error {
  override readonly name = 'EgressError';

  constructor(
    readonly code: EgressErrorCode,
    message: string,
    options?: { readonly cause: unknown },
  ) {
    super(message, options);
  }
}
