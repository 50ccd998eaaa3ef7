import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { PROXY_HEADER_BYTES, readProxyHeader } from './proxy-protocol.js';
import type { TrustedProxies } from './trusted-proxies.js';

/** The two ends of a connection, which stay the same when TLS wraps it. */
const nameOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localPort}`;

/**
 * Makes a server expect a PROXY protocol header (version 2) at the beginning of each connection of a trusted proxy, before
 * TLS; its connection then has the address of whom the proxy speaks for as its `remoteAddress`. One without a header, or
 * whose header does not come in time, is cut. From others none is read: theirs is no HTTP.
 */
export function readProxyHeaders(server: Server, proxies: TrustedProxies, clock: Clock): void {
  const take = server.listeners('connection') as ((connection: Socket) => void)[];
  const clients = new Map<string, string>();
  const secure = server instanceof TlsServer;
  const handOn = (connection: Socket, client: string | undefined): void => {
    const name = nameOf(connection);
    if (client !== undefined) {
      clients.set(name, client);
      connection.once('close', () => clients.delete(name));
      speaksFor(connection, client);
    }
    for (const listener of take) listener.call(server, connection);
    // TLS reads from a connection that it wraps by itself; what flowed before would be lost.
    if (!secure) connection.resume();
  };
  server.removeAllListeners('connection');
  server.on('connection', (connection: Socket) => {
    if (proxies.has(connection.remoteAddress)) return readHeader(connection, clock, handOn);
    for (const listener of take) listener.call(server, connection);
  });
  if (secure) {
    server.prependListener('secureConnection', (connection) => {
      const client = clients.get(nameOf(connection));
      if (client !== undefined) speaksFor(connection, client);
    });
  }
}

function readHeader(
  connection: Socket,
  clock: Clock,
  handOn: (connection: Socket, client: string | undefined) => void,
): void {
  let begun = Buffer.alloc(0);
  const cut = (): void => void connection.destroy();
  const timer = clock.setTimeout(cut, limits.httpHeadersMs.value);
  const stop = (): void => {
    clock.clearTimeout(timer);
    connection.off('data', more).off('error', cut).off('close', stop);
  };
  const more = (chunk: Buffer): void => {
    begun = Buffer.concat([begun, chunk]);
    const header = readProxyHeader(begun);
    if (header.state === 'incomplete' && begun.length < PROXY_HEADER_BYTES) return;
    stop();
    if (header.state !== 'complete') {
      connection.on('error', cut);
      return cut();
    }
    connection.pause();
    if (begun.length > header.bytes) connection.unshift(begun.subarray(header.bytes));
    handOn(connection, header.client);
  };
  connection.on('data', more).on('error', cut).on('close', stop);
}

function speaksFor(connection: Socket, client: string): void {
  Object.defineProperty(connection, 'remoteAddress', { value: client });
}
