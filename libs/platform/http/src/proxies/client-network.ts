import { isIP } from 'node:net';
import { ipv6Groups, toIpv4 } from './ipv6-groups.js';

/**
 * What requests are counted by: an IPv4 address, also one in IPv6 notation (RFC 4291, 2.5.5.2), or the network of 64 bits
 * of an IPv6 address. Whoever has one IPv6 address has the 2⁶⁴ of its network, and could take another one for each
 * request (RFC 6177, RFC 8981).
 * @param address as a socket or a proxy gave it; what is none is counted by itself
 */
export function clientNetworkOf(address: string): string {
  // Most are IPv4, and need no look.
  if (!address.includes(':')) return address;
  const [withoutZone = ''] = address.split('%');
  if (isIP(withoutZone) !== 6) return address;
  const groups = ipv6Groups(withoutZone);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return toIpv4(groups.slice(6));
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}
