import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TrustedProxies } from './trusted-proxies.js';

/**
 * The address of whoever really sent a request: the peer's, or behind trusted proxies the last address in
 * `x-forwarded-for` that is not one of them. For upgrades, which never reach the framework.
 */
export function clientAddressOf(request: IncomingMessage, proxies: TrustedProxies): string | undefined {
  const peer = request.socket.remoteAddress;
  if (!proxies.has(peer)) return peer;
  const header = request.headers['x-forwarded-for'];
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((hop) => hop.trim());
  return hops.findLast((hop) => isIP(hop) !== 0 && !proxies.has(hop)) ?? peer;
}
