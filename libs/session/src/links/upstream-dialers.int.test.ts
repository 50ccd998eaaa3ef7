import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ConnectReason } from '@causeway/content';
import type { GatekeeperProfile } from '@causeway/profiles';
import { generateStaticKey } from '@causeway/noise';
import { bundledDictionary } from '@causeway/binary-xml';
import { defaultWireLimits, UpstreamConnection } from '@causeway/transport';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UpstreamDialers } from './upstream-dialers.js';

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

function profile(over: {
  readonly clientAddress?: 'header' | 'proxy-protocol' | 'none';
  readonly allowPrivateAddresses?: boolean;
}): GatekeeperProfile {
  const { clientAddress = 'header', allowPrivateAddresses = true } = over;
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/chat`;
  return {
    id: 'simulator',
    wire: { codec: 'binary', url },
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
