/** What the owner of a session should do next, with what that means. */
export const upstreamAdvice = {
  restart: 'log in again at once',
  reconnect: 'log in again after a second',
  reconnect_later: 'log in again, later each time',
  slow_down: 'log in again five steps of the back-off later than otherwise',
  pause: 'log in again when the gatekeeper’s own time is over',
  refresh_token: 'log in again at once with a token that was not used before, a few times an hour',
  enlist_again: 'stop; the user has to enlist again',
  check_owner: 'ask who owns the session, then log in again, a few times an hour',
  fix_request: 'correct or drop the request; the connection is fine',
  retry_request: 'send the request again later; the connection is fine',
  stop: 'stop; an operator has to look',
} as const;

export type UpstreamAdvice = keyof typeof upstreamAdvice;

interface Ending {
  readonly advice: UpstreamAdvice;
  readonly meaning: string;
  /** Whether the user can only go on after doing something. */
  readonly tellsUser?: true;
}

/** Every way in which a login, a connection or a request on it comes to nothing. */
export const upstreamEndings = {
  login_bad_payload: { advice: 'stop', meaning: 'The gatekeeper could not read the login.' },
  login_key_mismatch: {
    advice: 'enlist_again',
    meaning: 'The account was enlisted with another Noise key, or was logged out.',
    tellsUser: true,
  },
  login_refused: { advice: 'stop', meaning: 'The gatekeeper refused the login for an unknown reason.' },
  token_expired: { advice: 'refresh_token', meaning: 'The user token is too old.' },
  token_invalid: { advice: 'refresh_token', meaning: 'The gatekeeper does not accept the user token.' },
  account_unknown: {
    advice: 'enlist_again',
    meaning: 'The gatekeeper does not know the account (any more).',
    tellsUser: true,
  },
  account_restricted: {
    advice: 'stop',
    meaning: 'The gatekeeper has banned the account, or does not serve it any more.',
    tellsUser: true,
  },
  account_paused: {
    advice: 'pause',
    meaning: 'The gatekeeper has banned the account for a time.',
    tellsUser: true,
  },
  paused_many_strangers: {
    advice: 'pause',
    meaning: 'Banned for a time: too many messages to strangers.',
    tellsUser: true,
  },
  paused_blocked_by_many: {
    advice: 'pause',
    meaning: 'Banned for a time: blocked by too many people.',
    tellsUser: true,
  },
  paused_groups: {
    advice: 'pause',
    meaning: 'Banned for a time: too many groups made with strangers.',
    tellsUser: true,
  },
  paused_same_message: {
    advice: 'pause',
    meaning: 'Banned for a time: the same message sent too often.',
    tellsUser: true,
  },
  paused_broadcast: {
    advice: 'pause',
    meaning: 'Banned for a time: too many broadcasts.',
    tellsUser: true,
  },
  client_outdated: {
    advice: 'stop',
    meaning: 'The gatekeeper does not serve this version any more.',
    tellsUser: true,
  },
  rate_limited: { advice: 'slow_down', meaning: 'The gatekeeper has too many logins or requests of ours.' },
  server_unavailable: { advice: 'reconnect_later', meaning: 'The gatekeeper cannot serve at the moment.' },
  replaced: { advice: 'check_owner', meaning: 'Another connection of the same account took over.' },
  device_removed: {
    advice: 'enlist_again',
    meaning: 'The gatekeeper removed the device from the account.',
    tellsUser: true,
  },
  stream_restart: { advice: 'restart', meaning: 'The gatekeeper asks for a new login.' },
  unacknowledged_stanza: {
    advice: 'reconnect',
    meaning: 'A stanza of the backlog was not acknowledged in the gatekeeper’s time.',
  },
  stream_error: { advice: 'reconnect_later', meaning: 'The stream ended with an unknown error.' },
  stream_ended: { advice: 'reconnect', meaning: 'The gatekeeper ended the stream.' },
  connection_lost: {
    advice: 'reconnect',
    meaning: 'The connection broke, or nothing came over it any more.',
  },
  connect_failed: { advice: 'reconnect_later', meaning: 'The chat server could not be reached.' },
  connect_timeout: { advice: 'reconnect_later', meaning: 'Connecting and shaking hands took too long.' },
  login_timeout: { advice: 'reconnect_later', meaning: 'The login was not answered in time.' },
  handshake_failed: { advice: 'reconnect_later', meaning: 'The Noise handshake failed.' },
  server_not_authentic: {
    advice: 'stop',
    meaning: 'The server’s certificates do not lead to the pinned root.',
  },
  tls_required: { advice: 'stop', meaning: 'The XMPP server does not offer TLS.' },
  mechanism_refused: {
    advice: 'stop',
    meaning: 'The XMPP server offers no way to log in that keeps the secret.',
  },
  feature_missing: { advice: 'stop', meaning: 'The XMPP server lacks what a session needs.' },
  key_unavailable: { advice: 'reconnect_later', meaning: 'The Noise key cannot be used at the moment.' },
  host_refused: { advice: 'stop', meaning: 'The address may not be dialled.' },
  wire_broken: { advice: 'reconnect_later', meaning: 'What came over the wire cannot be read.' },
  closed: { advice: 'stop', meaning: 'The connection was closed from here.' },
  not_connected: { advice: 'retry_request', meaning: 'There is no connection.' },
  query_timeout: { advice: 'retry_request', meaning: 'A query was not answered in time.' },
  query_refused: { advice: 'fix_request', meaning: 'A query was answered with an error.' },
  query_invalid: { advice: 'fix_request', meaning: 'What was to be asked is not a query.' },
  too_many_queries: { advice: 'retry_request', meaning: 'Too many queries wait for an answer.' },
  not_encodable: { advice: 'fix_request', meaning: 'The stanza has no form on the wire.' },
  not_supported: { advice: 'fix_request', meaning: 'This gatekeeper’s wire cannot carry what was sent.' },
  send_buffer_full: {
    advice: 'retry_request',
    meaning: 'The gatekeeper does not read as fast as is written.',
  },
} as const satisfies Record<string, Ending>;

export type UpstreamErrorCode = keyof typeof upstreamEndings;
