import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { TrustedProxies } from './trusted-proxies.js';
import { clientAddressOf } from './client-address.js';

const proxies = new TrustedProxies(['10.0.0.0/8']);
const request = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

it.each([
  ['198.51.100.7', '1.2.3.4', '198.51.100.7'],
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['10.0.0.1', '6.6.6.6, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['10.0.0.1', 'rubbish', '10.0.0.1'],
])('peer %s with %s is %s', (peer, forwarded, address) => {
  expect(clientAddressOf(request(peer, forwarded), proxies)).toBe(address);
});
