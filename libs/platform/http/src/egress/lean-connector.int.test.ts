import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';
import { lookup } from 'node:dns';
import { collectGarbage, createTestAuthority, eventually } from '@causeway/testing';
import { afterEach, expect, it } from 'vitest';
import { leanConnector } from './lean-connector.js';

const authority = createTestAuthority();
const closers: (() => unknown)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function secureServer(): Promise<number> {
  const { certificate: cert, key } = authority.issue('chat', { hosts: ['localhost'] });
  return listening(createServer({ cert, key }, (socket) => socket.on('error', () => undefined).write('x')));
}

function connector(timeout = 10_000) {
  const connect = leanConnector({
    timeout,
    lookup: (_name, options, done) => lookup('127.0.0.1', options, done),
    secureContext: createSecureContext({ ca: authority.ca }),
  });
  return (protocol: string, port: number) =>
    new Promise<Socket>((resolve, reject) => {
      const way = { hostname: 'localhost', servername: 'localhost', port: String(port), protocol };
      connect(way, (error, socket) => {
        if (error !== null) return reject(error);
        closers.push(() => socket.destroy());
        resolve(socket);
      });
    });
}

it('leaves nothing of the pool of buffers with an established connection', async () => {
  const port = await secureServer();
  const dial = connector();
  await dial('https:', port);
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 40; count++) {
    await dial('https:', port);
    // What others do between two logins: the pool moves on to its next part.
    for (let used = 0; used < 2 * Buffer.poolSize; used += 1_024) Buffer.allocUnsafe(1_024);
  }
  collectGarbage();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * Buffer.poolSize);
});

it('resumes the TLS session of an earlier connection to the host', async () => {
  const port = await secureServer();
  const dial = connector();
  const first = (await dial('https:', port)) as TLSSocket;
  let hasSession = false;
  first.on('session', () => (hasSession = true)).resume();
  await eventually(() => expect(hasSession).toBe(true));
  for (let again = 0; again < 2; again++) {
    expect(((await dial('https:', port)) as TLSSocket).isSessionReused()).toBe(true);
  }
});

it('gives up on a host that is silent', async () => {
  const port = await listening(createTcpServer((socket) => void closers.push(() => socket.destroy())));
  await expect(connector(50)('https:', port)).rejects.toThrow('no connection in time');
});

it('tells whoever took the connection over of its errors, and nobody else', async () => {
  const port = await secureServer();
  const socket = await connector()('https:', port);
  const told: unknown[] = [];
  socket.on('error', (error) => told.push(error.message));
  socket.destroy(new Error('planted'));
  await eventually(() => expect(told).toEqual(['planted']));
});
