import { connect as connectTcp, type LookupFunction } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';

export interface LeanConnectorOptions {
  /** How long the connection, with its TLS, may take to come about, milliseconds. */
  readonly timeout: number;
  readonly lookup: LookupFunction;
  readonly secureContext: SecureContext;
}

const KEEP_ALIVE_MS = 60_000;

/**
 * A connector for connections that live long and are many. Undici's leaves with each of them the bytes of its own TLS
 * session and of the protocols that it offered; both are slices of Node's shared pool of buffers, which is so kept from
 * being freed: some 4 KiB a connection. Here no protocols are offered, and all connections to a host share one session.
 */
export function leanConnector({
  timeout,
  lookup,
  secureContext,
}: LeanConnectorOptions): buildConnector.connector {
  /** By host; as many as the hosts that may be called. */
  const sessions = new Map<string, Buffer>();

  function dialTls({ hostname: host, port, servername, httpSocket }: buildConnector.Options): TLSSocket {
    const session = sessions.get(host);
    const socket = connectTls({
      host,
      port: Number(port),
      lookup,
      secureContext,
      ...(servername !== undefined && { servername }),
      ...(httpSocket !== undefined && { socket: httpSocket }),
      ...(session !== undefined && { session }),
    });
    const keep = (fresh: Buffer): void => void sessions.set(host, fresh);
    // One that could be resumed serves on, until the host wants a new one.
    const resumed = (): void => void (socket.isSessionReused() && socket.off('session', keep));
    return socket.once('session', keep).once('secureConnect', resumed);
  }

  return (options, callback) => {
    const { hostname: host, port, protocol } = options;
    const secure = protocol === 'https:';
    const socket = secure ? dialTls(options) : connectTcp({ host, port: Number(port), lookup });
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), timeout);
    const failed = (error: Error): void => {
      clearTimeout(timer);
      callback(error, null);
    };
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS).once('error', failed);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      // Whoever takes it over listens from now on; an error in between must not end the process.
      socket.off('error', failed).on('error', ignore);
      callback(null, socket);
    });
  };
}

function ignore(): void {
  // Whoever has the connection is told as well.
}
