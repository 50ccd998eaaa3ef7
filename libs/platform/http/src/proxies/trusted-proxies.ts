import { BlockList, isIP } from 'node:net';

/** The peers whose forwarding headers and request ids are believed. */
export class TrustedProxies {
  private readonly list = new BlockList();

  /** @param ranges addresses and CIDR ranges, IPv4 and IPv6. @throws RangeError on anything else */
  constructor(readonly ranges: readonly string[]) {
    for (const range of ranges) this.add(range);
  }

  /** Whether a socket's remote address is a trusted proxy's; IPv4 in IPv6 notation counts as IPv4. */
  has(address: string | undefined): boolean {
    const version = address === undefined ? 0 : isIP(address);
    if (address === undefined || version === 0) return false;
    return this.list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }

  private add(range: string): void {
    const [address = '', prefix] = range.split('/');
    const version = isIP(address);
    const bits = version === 4 ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    if (version === 0 || !(Number.isInteger(length) && length >= 0 && length <= bits)) {
      throw new RangeError('a trusted proxy must be an address or a range');
    }
    this.list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
  }
}
