import { child, children, type Stanza } from '@causeway/xml';
import { UpstreamError, type UpstreamErrorCode } from '../upstream-error.js';

const failures: Readonly<Record<number, UpstreamErrorCode>> = {
  400: 'login_bad_payload',
  401: 'login_key_mismatch',
  402: 'account_restricted',
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

const streamErrors: Readonly<Record<number, UpstreamErrorCode>> = {
  401: 'device_removed',
  409: 'replaced',
  429: 'rate_limited',
  503: 'server_unavailable',
  515: 'stream_restart',
  516: 'device_removed',
};

/** The gatekeeper's own number in an attribute, if it is one of three digits. */
export function statusOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9][0-9]{2}$/.test(text) ? Number(text) : undefined;
}

/** Why the login was refused: `<failure reason="…"/>`. */
export function loginFailure(failure: Stanza): UpstreamError {
  const status = statusOf(failure.attrs['reason']);
  return new UpstreamError((status !== undefined && failures[status]) || 'login_refused', status);
}

/** Why the stream ends: `<stream:error code="…">`, `<conflict type="replaced"/>` or a code-less `<ack/>`. */
export function streamFailure(error: Stanza): UpstreamError {
  const status = statusOf(error.attrs['code']);
  const conflict = child(error, 'conflict')?.attrs['type'];
  if (conflict === 'replaced') return new UpstreamError('replaced', status);
  if (conflict === 'device_removed') return new UpstreamError('device_removed', status);
  if (status !== undefined) return new UpstreamError(streamErrors[status] ?? 'stream_error', status);
  const unacknowledged = children(error, 'ack').length > 0;
  return new UpstreamError(unacknowledged ? 'unacknowledged_stanza' : 'stream_error');
}
