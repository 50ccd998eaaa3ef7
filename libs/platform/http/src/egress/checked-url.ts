import type { AllowedHosts } from './allowed-hosts.js';
import { EgressError } from './egress.errors.js';

/**
 * The URL of a call that may be tried: HTTPS (or HTTP where that is allowed) to a listed host, without credentials.
 * @throws {EgressError} `egress_url_refused`, `egress_host_refused`
 */
export function checkedUrl(given: string | URL, hosts: AllowedHosts, allowClearText: boolean): URL {
  const url = URL.parse(String(given));
  const scheme = url?.protocol === 'https:' || (allowClearText && url?.protocol === 'http:');
  if (!url || !scheme || url.username !== '' || url.password !== '') {
    throw new EgressError('egress_url_refused', 'the address is not one that may be called');
  }
  if (!hosts.has(url)) throw new EgressError('egress_host_refused', 'the host is not in the list');
  return url;
}
