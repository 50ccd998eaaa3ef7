import { BlockList, isIP } from 'node:net';
import { ipv6Groups, toIpv4 } from '../proxies/ipv6-groups.js';

// Every range that IANA's special-purpose registries do not call globally reachable.
const forbiddenV4 = [
  ...[
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
  ],
  ...[
    '192.0.2.0/24',
    '192.31.196.0/24',
    '192.52.193.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '192.175.48.0/24',
  ],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];
const forbiddenV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const forbidden = new BlockList();
for (const range of forbiddenV4) add(forbidden, range, 'ipv4');
for (const range of forbiddenV6) add(forbidden, range, 'ipv6');
const globalV6 = new BlockList();
add(globalV6, '2000::/3', 'ipv6');
const embedding = new BlockList();
for (const range of ['::ffff:0:0/96', '64:ff9b::/96']) add(embedding, range, 'ipv6');

function add(list: BlockList, range: string, family: 'ipv4' | 'ipv6'): void {
  const [address = '', prefix] = range.split('/');
  list.addSubnet(address, Number(prefix), family);
}

/**
 * Whether an address is one of the open internet. IPv6 addresses that carry an IPv4 one (mapped, NAT64) are judged by
 * that; all other IPv6 addresses must be global unicast.
 */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !forbidden.check(address, 'ipv4');
  if (version !== 6 || address.includes('%')) return false;
  if (embedding.check(address, 'ipv6')) return !forbidden.check(toIpv4(ipv6Groups(address).slice(6)), 'ipv4');
  return globalV6.check(address, 'ipv6') && !forbidden.check(address, 'ipv6');
}
