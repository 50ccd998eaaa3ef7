import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientNetworkOf } from './client-network.js';

describe('clientNetworkOf', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    // IPv4-compatible, deprecated: no IPv4 address.
    ['::192.0.2.1', '0:0:0:0::/64'],
    ['no:address', 'no:address'],
    ['', ''],
  ])('%s is counted as %s', (address, network) => expect(clientNetworkOf(address)).toBe(network));

  it('is the same for all addresses of a /64 in every notation, and another one outside', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const half = fc.tuple(group, group, group, group);
    const full = (groups: readonly number[]) =>
      groups.map((one) => one.toString(16).padStart(4, '0')).join(':');
    fc.assert(
      fc.property(half, half, half, half, (network, other, first, second) => {
        fc.pre(network.some((one) => one !== 0) && other.some((one) => one !== 0));
        const counted = clientNetworkOf(full([...network, ...first]));
        const canonical = new URL(`http://[${full([...network, ...second])}]`).hostname.slice(1, -1);
        expect(isIP(canonical)).toBe(6);
        expect(clientNetworkOf(canonical)).toBe(counted);
        expect(clientNetworkOf(full([...other, ...first])) === counted).toBe(full(other) === full(network));
      }),
    );
  });
});
