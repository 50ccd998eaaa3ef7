import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as secureConnect } from 'node:tls';
import { limits } from '@causeway/limits';
import { createTestAuthority, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clientAddressOf } from './client-address.js';
import { readProxyHeaders } from './proxied-connections.js';
import { encodeProxyHeader } from './proxy-protocol.js';
import { TrustedProxies } from './trusted-proxies.js';

const authority = createTestAuthority();
const { certificate: cert, key } = authority.issue('service', { hosts: ['localhost'] });
const header = encodeProxyHeader('192.0.2.7', { address: '127.0.0.1', port: 1 });
const request = (more = '') => Buffer.from(`GET / HTTP/1.1\r\nhost: x\r\n${more}connection: close\r\n\r\n`);
const servers: Server[] = [];
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(trusted: string[], secure = false): Promise<number> {
  const proxies = new TrustedProxies(trusted);
  const tell: RequestListener = (incoming, response) =>
    response.end(`from ${clientAddressOf(incoming, proxies)}`);
  const server = secure ? createSecureServer({ cert, key }, tell) : createServer(tell);
  readProxyHeaders(server, proxies, clock);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** @returns what the server says to these bytes, sent one after another */
async function answerTo(port: number, ...parts: Uint8Array[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const all = allOf(socket);
  for (const part of parts) {
    socket.write(part);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return all;
}

function allOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (data) => (text += data.toString())).on('error', () => undefined);
  return new Promise((resolve) => socket.on('close', () => resolve(text)));
}

it('believes a trusted proxy whom it speaks for, however the bytes arrive', async () => {
  const port = await listen(['127.0.0.1']);
  expect(await answerTo(port, Buffer.concat([header, request()]))).toContain('from 192.0.2.7');
  expect(await answerTo(port, header.subarray(0, 5), header.subarray(5), request())).toContain(
    'from 192.0.2.7',
  );
});

it('believes no header of HTTP about a client that the proxy has named', async () => {
  const port = await listen(['127.0.0.1']);
  const forged = request('x-forwarded-for: 203.0.113.66\r\n');
  expect(await answerTo(port, Buffer.concat([header, forged]))).toContain('from 192.0.2.7');
});

it('takes a proxy that speaks for itself as itself', async () => {
  const port = await listen(['127.0.0.1']);
  const local = encodeProxyHeader(undefined, { address: '127.0.0.1', port: 1 });
  expect(await answerTo(port, Buffer.concat([local, request()]))).toContain('from 127.0.0.1');
});

it('reads it before TLS', async () => {
  const port = await listen(['127.0.0.1'], true);
  const clear = connect(port, '127.0.0.1');
  await new Promise((resolve) => clear.write(header, resolve));
  const socket = secureConnect({ socket: clear, servername: 'localhost', ca: authority.ca });
  socket.write(request());
  expect(await allOf(socket)).toContain('from 192.0.2.7');
});

it('cuts a trusted proxy that sends none, a wrong one, or none in time', async () => {
  const port = await listen(['127.0.0.1']);
  expect(await answerTo(port, request())).toBe('');
  const socket = connect(port, '127.0.0.1');
  const all = allOf(socket);
  await new Promise((resolve) => socket.write(header.subarray(0, 10), resolve));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.advance(limits.httpHeadersMs.value);
  expect(await all).toBe('');
});

it('reads none of others, whose claim is no HTTP', async () => {
  const port = await listen(['192.0.2.0/24']);
  expect(await answerTo(port, request())).toContain('from 127.0.0.1');
  expect(await answerTo(port, Buffer.concat([header, request()]))).toMatch(/^HTTP\/1.1 400|^$/);
});
