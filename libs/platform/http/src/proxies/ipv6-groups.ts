/**
 * The eight groups of 16 bits of an IPv6 address in whatever notation.
 * @param address one that `isIP` takes for version 6, without a zone
 */
export function ipv6Groups(address: string): readonly number[] {
  // The URL parser writes IPv6 in its canonical form, without an IPv4 tail.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => parseInt(group, 16));
}

/** Two groups as an IPv4 address. */
export function toIpv4([high = 0, low = 0]: readonly number[]): string {
  return [high, low].flatMap((group) => [group >> 8, group & 0xff]).join('.');
}
