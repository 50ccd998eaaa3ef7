import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createTestAuthority } from '@causeway/testing';
import { afterEach, expect, it } from 'vitest';
import { createDialer, EgressError } from '../index.js';

const closers: (() => unknown)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** Answers each connection with what it got first. */
async function echo(): Promise<number> {
  const server = createServer((socket) => socket.once('data', (data) => socket.end(data)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function firstOf(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
}

it('sends what must come first, then hands over the connection', async () => {
  const port = await echo();
  const dial = createDialer({ allowedHosts: [`127.0.0.1:${port}`], allowPrivateAddresses: true });
  const seen: (number | undefined)[] = [];
  const socket = await dial(`ws://127.0.0.1:${port}/chat`, (connection) => {
    seen.push(connection.remotePort);
    return Buffer.from('first');
  });
  closers.push(() => socket.destroy());
  expect((await firstOf(socket)).toString()).toBe('first');
  expect(seen).toEqual([port]);
});

it('sends it before TLS begins, and checks the certificate', async () => {
  const authority = createTestAuthority();
  const { certificate: cert, key } = authority.issue('chat', { hosts: ['localhost'] });
  const preambles: string[] = [];
  const secure = createTlsServer({ cert, key }, (socket) => socket.end('inside'));
  const server = createServer((socket) =>
    socket.once('data', (data) => {
      preambles.push(data.subarray(0, 5).toString());
      socket.pause();
      if (data.length > 5) socket.unshift(data.subarray(5));
      secure.emit('connection', socket);
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const options = { allowedHosts: [`localhost:${port}`], allowPrivateAddresses: true };
  const trusting = createDialer({ ...options, ca: () => authority.ca });
  const socket = await trusting(`wss://localhost:${port}/`, () => Buffer.from('first'));
  closers.push(() => socket.destroy());
  expect((await firstOf(socket)).toString()).toBe('inside');
  expect(preambles).toEqual(['first']);
  const doubting = createDialer(options)(`wss://localhost:${port}/`, () => Buffer.from('first'));
  await expect(doubting).rejects.toMatchObject({ code: 'egress_unreachable' });
});

it.each([
  ['ws://127.0.0.1:1/', true, 'egress_host_refused'],
  ['tcp://127.0.0.1:1', true, 'egress_host_refused'],
  ['tcp://127.0.0.1:PORT', false, 'egress_address_refused'],
  ['tcp://user@127.0.0.1:PORT', true, 'egress_url_refused'],
  ['tcps://127.0.0.1:PORT', true, 'egress_url_refused'],
  ['ws://localhost:PORT/', true, 'egress_host_refused'],
  ['ws://user@127.0.0.1:PORT/', true, 'egress_url_refused'],
  ['ws://127.0.0.1:PORT/', false, 'egress_url_refused'],
  ['wss://127.0.0.1:PORT/', false, 'egress_address_refused'],
  ['ftp://127.0.0.1:PORT/', true, 'egress_url_refused'],
  ['wss://127.0.0.1:PORT/', true, 'egress_unreachable'],
])('%s with private addresses %s: %s', async (url, allowPrivateAddresses, code) => {
  const port = await echo();
  const dial = createDialer({ allowedHosts: [`127.0.0.1:${port}`], allowPrivateAddresses });
  const error: unknown = await dial(url.replace('PORT', String(port))).catch((err: unknown) => err);
  expect(error).toBeInstanceOf(EgressError);
  expect(error).toMatchObject({ code });
});

it('hands over a bare connection to a protocol that begins TLS itself', async () => {
  const port = await echo();
  const dial = createDialer({ allowedHosts: [`127.0.0.1:${port}`], allowPrivateAddresses: true });
  const socket = await dial(`tcp://127.0.0.1:${port}`, () => Buffer.from('first'));
  closers.push(() => socket.destroy());
  expect((await firstOf(socket)).toString()).toBe('first');
});

it.each(['wss', 'tcp'])(
  'refuses a name that leads to a private address, at connect time, for %s',
  async (scheme) => {
    const port = await echo();
    const dial = createDialer({
      allowedHosts: [`chat.example:${port}`],
      resolve: (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const refused = dial(`${scheme}://chat.example:${port}`);
    await expect(refused).rejects.toMatchObject({ code: 'egress_address_refused' });
  },
);
