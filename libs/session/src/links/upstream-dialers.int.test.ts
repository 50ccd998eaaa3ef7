import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ConnectReason } from '@causeway/content';
import type { GatekeeperProfile } from '@causeway/profiles';
import { generateStaticKey } from '@causeway/noise';
import { bundledDictionary } from '@causeway/binary-xml';
import { defaultWireLimits, UpstreamConnection } from '@causeway/transport';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UpstreamDialers } from './upstream-dialers.js';

type Resolve = ConstructorParameters<typeof UpstreamDialers>[2];

const CLIENT = '192.0.2.7';
/** How a PROXY protocol header of version 2 begins. */
const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

let server: Server;
let received: Buffer;
let taken: Socket[];

beforeEach(async () => {
  received = Buffer.alloc(0);
  taken = [];
  server = createServer((socket) => {
    taken.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      // Not a chat server: whoever asks for a WebSocket is told so.
      if (received.includes('\r\n\r\n', SIGNATURE.length)) socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of taken) socket.destroy();
  server.close();
  await once(server, 'close');
});

const portOf = () => (server.address() as AddressInfo).port;

function profile(over: {
  readonly clientAddress?: 'header' | 'proxy-protocol' | 'none';
  readonly allowPrivateAddresses?: boolean;
  readonly wire?: { readonly codec: 'binary' | 'xmpp'; readonly url: string };
}): GatekeeperProfile {
  const { clientAddress = 'header', allowPrivateAddresses = true } = over;
  const { wire = { codec: 'binary', url: `ws://127.0.0.1:${portOf()}/ws/chat` } } = over;
  return {
    id: 'simulator',
    wire,
    egress: { allowPrivateAddresses, hosts: [] },
    proxyHandshake: { clientAddress, header: 'x-client-address' },
  } as unknown as GatekeeperProfile;
}

/** Tries to log in by a way. @returns why it came to nothing */
async function tryBy(gatekeeper: GatekeeperProfile, clientAddress: string | undefined): Promise<string> {
  const dialers = new UpstreamDialers(new Map([[gatekeeper.id, gatekeeper]]), () => undefined);
  const connection = new UpstreamConnection({
    profile: {
      url: gatekeeper.wire.url,
      codec: 'binary',
      transcript: 'wa',
      header: '57410603',
      rootPublicKey: new Uint8Array(32),
      dictionary: bundledDictionary(),
      limits: defaultWireLimits,
    },
    noiseKey: generateStaticKey().key,
    login: {
      accountId: 1n,
      token: 'token',
      enableReadReceipts: true,
      connectReason: ConnectReason.USER_ACTIVATED,
      passive: true,
      pull: true,
    },
    ...dialers.of(gatekeeper, clientAddress),
    onStanza: () => undefined,
    onUnreadable: () => undefined,
    onClosed: () => undefined,
    logger: { warn: () => undefined },
  });
  return connection.connect().then(
    () => 'connected',
    (error: unknown) => (error as { code: string }).code,
  );
}

describe('the way to a chat server', () => {
  it('tells where the client is in the header that the profile names', async () => {
    expect(await tryBy(profile({}), CLIENT)).toBe('connect_failed');
    expect(received.toString()).toContain(`x-client-address: ${CLIENT}\r\n`);
  });

  it('claims nothing where that is not known, or not to be told', async () => {
    await tryBy(profile({}), undefined);
    await tryBy(profile({ clientAddress: 'none' }), CLIENT);
    expect(received.toString()).toMatch(/upgrade: websocket/i);
    expect(received.toString()).not.toMatch(/client-address|192\.0\.2\.7/);
  });

  it('tells it before anything else where the gatekeeper takes the PROXY protocol', async () => {
    await tryBy(profile({ clientAddress: 'proxy-protocol' }), CLIENT);
    expect(received.subarray(0, SIGNATURE.length)).toEqual(SIGNATURE);
    expect(received.includes(Buffer.from([192, 0, 2, 7]))).toBe(true);
  });

  it('does not lead to a private address, unless the profile says so', async () => {
    expect(await tryBy(profile({ allowPrivateAddresses: false }), CLIENT)).toBe('host_refused');
    expect(taken).toEqual([]);
  });

  it('says that nobody answers', async () => {
    const gone = profile({});
    server.close();
    expect(await tryBy(gone, CLIENT)).toBe('connect_failed');
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
});

/** Dials by a way alone. @returns what came of it */
async function dialOf(
  gatekeeper: GatekeeperProfile,
  resolve?: Resolve,
  clientAddress?: string,
): Promise<string> {
  const dialers = new UpstreamDialers(new Map([[gatekeeper.id, gatekeeper]]), () => undefined, resolve);
  return dialers
    .of(gatekeeper, clientAddress)
    .dial()
    .then(
      (socket) => (socket.destroy(), 'connected'),
      (error: unknown) => (error as { code: string }).code,
    );
}

describe.each([
  ['binary', 'wss', '/ws/chat'],
  ['xmpp', 'xmpp', ''],
] as const)('a chat server of the wire %s', (codec, scheme, path) => {
  const at = (host: string, allowPrivateAddresses = false) =>
    profile({ allowPrivateAddresses, wire: { codec, url: `${scheme}://${host}:${portOf()}${path}` } });

  it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]'])(
    'is not reached at %s',
    async (host) => {
      expect(await dialOf(at(host))).toBe('host_refused');
      expect(taken).toEqual([]);
    },
  );

  it.each([
    ['loopback', ['127.0.0.1']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['a public and a private one', ['1.1.1.1', '127.0.0.1']],
    ['nothing', []],
  ])('is not reached where its name leads to %s', async (_name, addresses) => {
    const resolve: Resolve = (_host, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    expect(await dialOf(at('chat.example'), resolve)).toBe('host_refused');
    expect(taken).toEqual([]);
  });
});

describe('a chat server of the wire xmpp', () => {
  const at = (host: string, clientAddress?: 'header' | 'proxy-protocol') =>
    profile({
      wire: { codec: 'xmpp', url: `xmpp://${host}:${portOf()}` },
      ...(clientAddress && { clientAddress }),
    });

  it('is looked up once for each connection: what was looked at is what is connected to', async () => {
    const answers = ['127.0.0.1', '127.0.0.2'];
    const resolve: Resolve = (_host, done) =>
      done(null, [{ address: answers.shift() ?? '127.0.0.3', family: 4 }]);
    expect(await dialOf(at('chat.example'), resolve)).toBe('connected');
    expect(answers).toEqual(['127.0.0.2']);
    // Nobody listens at what its name has become.
    expect(await dialOf(at('chat.example'), resolve)).toBe('connect_failed');
    expect(answers).toEqual([]);
  });

  it('is told where the client is before anything else where it takes the PROXY protocol', async () => {
    expect(await dialOf(at('127.0.0.1', 'proxy-protocol'), undefined, CLIENT)).toBe('connected');
    await expect.poll(() => received.subarray(0, SIGNATURE.length)).toEqual(SIGNATURE);
    expect(received.includes(Buffer.from([192, 0, 2, 7]))).toBe(true);
  });
});
