import { child, children, type Stanza, textAttr } from '@causeway/xml';
import { UpstreamError } from '../upstream-error.js';
import { conflicts, loginFailures, pauseReasons, streamErrors } from './refusal-codes.js';

/** The gatekeeper's own number in an attribute, if it is one of three digits. */
export function statusOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9][0-9]{2}$/.test(text) ? Number(text) : undefined;
}

/** Why the login was refused: `<failure reason="…" [code="…"] [expire="seconds"]/>`. */
export function loginFailure(failure: Stanza): UpstreamError {
  const status = statusOf(textAttr(failure, 'reason'));
  const code = (status !== undefined && loginFailures[status]) || 'login_refused';
  if (code !== 'account_paused') return new UpstreamError(code, status);
  const why = statusOf(textAttr(failure, 'code'));
  const expire = textAttr(failure, 'expire') ?? '';
  const seconds = /^[0-9]{1,9}$/.test(expire) ? Number(expire) : undefined;
  return new UpstreamError((why !== undefined && pauseReasons[why]) || code, status, {
    ...(seconds !== undefined && { waitMs: seconds * 1000 }),
  });
}

/** Why the stream ends: `<stream:error code="…">`, `<conflict type="replaced"/>` or a code-less `<ack/>`. */
export function streamFailure(error: Stanza): UpstreamError {
  const status = statusOf(textAttr(error, 'code'));
  const conflict = conflicts.get(textAttr(child(error, 'conflict'), 'type') ?? '');
  if (conflict !== undefined) return new UpstreamError(conflict, status);
  if (status !== undefined) return new UpstreamError(streamErrors[status] ?? 'stream_error', status);
  const unacknowledged = children(error, 'ack').length > 0;
  return new UpstreamError(unacknowledged ? 'unacknowledged_stanza' : 'stream_error');
}
