import { defineErrors } from '../errors/index.js';

/** Codes with which the session service refuses a command or reports the end of a connection. */
export const sessionErrors = defineErrors({
  not_connected: {
    status: 409,
    meaning: 'No upstream connection is open for this session; send again with the same id.',
  },
  command_expired: { status: 504, meaning: 'The command was older than its deadline when it was read.' },
  recipient_unknown: { status: 404, meaning: 'The gatekeeper does not know the recipient.' },
  recipient_restricted: {
    status: 403,
    meaning: 'The gatekeeper does not let this account write to that recipient for now.',
  },
  recipient_moved: { status: 410, meaning: 'The recipient’s address is not used any more.' },
  new_chats_limited: {
    status: 429,
    meaning: 'The account has begun as many conversations as it may for now.',
  },
  message_stale: {
    status: 409,
    meaning: 'The message was encrypted for keys that are not used any more; encrypt it anew.',
  },
  upstream_rate_limited: { status: 429, meaning: 'The gatekeeper takes no more for now; send again later.' },
  upstream_refused: { status: 502, meaning: 'The gatekeeper answered the stanza with an error.' },
  upstream_timeout: { status: 504, meaning: 'The gatekeeper did not answer in time.' },
  upstream_unreachable: { status: 503, meaning: 'The gatekeeper’s chat server could not be reached.' },
  login_refused: { status: 502, meaning: 'The gatekeeper refused the login.' },
  account_unknown: { status: 410, meaning: 'The gatekeeper no longer knows the account; enlist again.' },
  session_replaced: { status: 409, meaning: 'Another connection to the same account took over.' },
  session_contested: { status: 409, meaning: 'The account was taken over too often; an operator must look.' },
  body_unreadable: { status: 422, meaning: 'The sealed body does not open with this connection’s key.' },
  stanza_invalid: { status: 422, meaning: 'The body is not a valid command.' },
  session_limit_reached: {
    status: 503,
    meaning: 'The pod holds as many upstream connections as are allowed.',
  },
  tunnel_device_unknown: {
    status: 404,
    meaning: 'The caller has no such device, or there is no such gatekeeper.',
  },
  tunnel_not_allowed: {
    status: 403,
    meaning: 'The device is not enlisted with this gatekeeper in mode `tunnel`, or its user is suspended.',
  },
  tunnel_limit_reached: {
    status: 503,
    meaning: 'The pod, or the network address, has as many tunnels as are allowed; try again later.',
  },
  tunnel_early_data: { status: 400, meaning: 'The device sent bytes before its upgrade was answered.' },
  tunnel_gatekeeper_unreachable: {
    status: 502,
    meaning: 'The gatekeeper’s chat server could not be reached, or did not take the connection.',
  },
});

/** Codes of `closed` and `refused` after which the gatekeeper has no such account or device: its user enlists again. */
export const accountGone: readonly string[] = ['account_unknown', 'login_key_mismatch', 'device_removed'];
