import { UpstreamError } from '../upstream-error.js';

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The one URL that a connection may dial.
 *
 * @throws UpstreamError `host_refused` for anything but `wss:`, or `ws:` on a loopback host
 */
export function wireUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const allowed = url?.protocol === 'wss:' || (url?.protocol === 'ws:' && loopback.has(url.hostname));
  if (url === undefined || !allowed || url.username !== '' || url.password !== '') {
    throw new UpstreamError('host_refused');
  }
  return url;
}
