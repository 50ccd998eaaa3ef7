import type { Socket } from 'node:net';
import { encodeProxyHeader } from '@causeway/http';
import { expect, it } from 'vitest';
import { proxyHandshakeOf } from './proxy-handshake.js';

const to = { remoteAddress: '198.51.100.1', remotePort: 443 } as Socket;
const of = (clientAddress: 'header' | 'proxy-protocol' | 'none', client: string | undefined) =>
  proxyHandshakeOf({ proxyHandshake: { clientAddress, header: 'x-client' } }, client);

it('names the client in the header that the profile names, and nobody when it is not known', () => {
  expect(of('header', '192.0.2.7')).toEqual({ headers: { 'x-client': '192.0.2.7' }, preamble: undefined });
  expect(of('header', undefined)).toEqual({ headers: {}, preamble: undefined });
});

it('names it before TLS where the profile says so', () => {
  const { headers, preamble } = of('proxy-protocol', '192.0.2.7');
  expect(headers).toEqual({});
  expect(preamble?.(to)).toEqual(encodeProxyHeader('192.0.2.7', { address: '198.51.100.1', port: 443 }));
});

it('names nobody where the profile says so', () => {
  expect(of('none', '192.0.2.7')).toEqual({ headers: {}, preamble: undefined });
});
