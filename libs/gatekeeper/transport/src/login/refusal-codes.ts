import type { UpstreamErrorCode } from '../upstream-advice.js';

/** Numbers of `<failure reason="…"/>`, the answer to a login, as the public clients know them. */
export const loginFailures: Readonly<Record<number, UpstreamErrorCode>> = {
  400: 'login_bad_payload',
  401: 'login_key_mismatch',
  402: 'account_paused',
  403: 'account_restricted',
  405: 'client_outdated',
  406: 'account_restricted',
  409: 'login_bad_payload',
  413: 'token_expired',
  414: 'token_invalid',
  415: 'account_unknown',
  418: 'account_unknown',
  429: 'rate_limited',
  500: 'server_unavailable',
  501: 'server_unavailable',
  503: 'server_unavailable',
};

/** Numbers of `code` beside `reason="402"`: why an account is banned for `expire` seconds. */
export const pauseReasons: Readonly<Record<number, UpstreamErrorCode>> = {
  101: 'paused_many_strangers',
  102: 'paused_blocked_by_many',
  103: 'paused_groups',
  104: 'paused_same_message',
  106: 'paused_broadcast',
};

/** Numbers of `<stream:error code="…">`. */
export const streamErrors: Readonly<Record<number, UpstreamErrorCode>> = {
  401: 'device_removed',
  409: 'replaced',
  429: 'rate_limited',
  500: 'server_unavailable',
  503: 'server_unavailable',
  515: 'stream_restart',
  516: 'device_removed',
};

/** Types of `<conflict type="…"/>` in a stream error; they say more than its number. */
export const conflicts: ReadonlyMap<string, UpstreamErrorCode> = new Map([
  ['replaced', 'replaced'],
  ['device_removed', 'device_removed'],
]);
