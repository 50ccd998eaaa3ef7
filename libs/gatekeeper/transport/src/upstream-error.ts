/** What the owner of a session should do next. */
export type UpstreamAdvice =
  /** Log in again at once. */
  | 'reconnect'
  /** Log in again after a back-off. */
  | 'reconnect_later'
  /** Ask for a new token, then log in once. */
  | 'refresh_token'
  /** The gatekeeper does not know this device (any more): enlist again. */
  | 'enlist_again'
  /** Another connection took over: ask who owns the session before logging in. */
  | 'check_owner'
  /** Correct or drop this request; the connection is fine. */
  | 'fix_request'
  /** Try the request again later; the connection is fine. */
  | 'retry_request'
  /** Only an operator can help. */
  | 'stop';

const advice = {
  login_bad_payload: 'stop',
  login_key_mismatch: 'enlist_again',
  login_refused: 'stop',
  token_expired: 'refresh_token',
  token_invalid: 'refresh_token',
  account_unknown: 'enlist_again',
  account_restricted: 'stop',
  client_outdated: 'stop',
  rate_limited: 'reconnect_later',
  server_unavailable: 'reconnect_later',
  replaced: 'check_owner',
  device_removed: 'enlist_again',
  stream_restart: 'reconnect',
  unacknowledged_stanza: 'reconnect',
  stream_error: 'reconnect_later',
  stream_ended: 'reconnect',
  connection_lost: 'reconnect',
  connect_failed: 'reconnect_later',
  connect_timeout: 'reconnect_later',
  login_timeout: 'reconnect_later',
  handshake_failed: 'reconnect_later',
  server_not_authentic: 'stop',
  key_unavailable: 'reconnect_later',
  host_refused: 'stop',
  wire_broken: 'reconnect_later',
  closed: 'stop',
  not_connected: 'retry_request',
  query_timeout: 'retry_request',
  query_refused: 'fix_request',
  query_invalid: 'fix_request',
  too_many_queries: 'retry_request',
  not_encodable: 'fix_request',
  send_buffer_full: 'retry_request',
} as const satisfies Record<string, UpstreamAdvice>;

export type UpstreamErrorCode = keyof typeof advice;

/** Everything that can go wrong with an upstream connection. Messages hold no address, token or content. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly advice: UpstreamAdvice;

  /** @param status the gatekeeper's own number, where it gave one (`<failure reason>`, stream or IQ error code) */
  constructor(
    readonly code: UpstreamErrorCode,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(status === undefined ? `upstream: ${code}` : `upstream: ${code} (${String(status)})`, options);
    this.advice = advice[code];
  }
}

/** Any thrown value as an UpstreamError; others become `fallback` with the value as cause. */
export function upstreamError(thrown: unknown, fallback: UpstreamErrorCode): UpstreamError {
  return thrown instanceof UpstreamError ? thrown : new UpstreamError(fallback, undefined, { cause: thrown });
}
