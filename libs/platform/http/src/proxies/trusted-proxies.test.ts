import { describe, expect, it } from 'vitest';
import { TrustedProxies } from '../index.js';

describe('TrustedProxies', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);

  it.each([
    ['10.255.0.1', true],
    ['192.0.2.1', true],
    ['::ffff:10.0.0.1', true],
    ['fd12::1', true],
    ['192.0.2.2', false],
    ['11.0.0.1', false],
    ['fe80::1', false],
    ['', false],
    ['localhost', false],
    [undefined, false],
  ])('%s: %s', (address, trusted) => expect(proxies.has(address)).toBe(trusted));

  it.each(['*', '10.0.0.0/33', '10.0.0.0/x', 'loopback', '::/129'])('refuses the range %s', (range) => {
    expect(() => new TrustedProxies([range])).toThrow(RangeError);
  });
});
