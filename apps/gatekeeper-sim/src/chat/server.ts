import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Exchange } from '../exchange.js';
import type { TokenVerifier } from '../tokens/verify.js';
import type { ServerIdentity } from './certificate.js';
import type { Dictionary } from './codec/dictionary.js';
import { Connection } from './connection.js';
import type { TranscriptRule } from './noise/responder.js';

/** What every connection of the chat server works with. */
export interface ChatContext {
  readonly exchange: Exchange;
  readonly tokens: TokenVerifier;
  readonly identity: ServerIdentity;
  readonly transcript: TranscriptRule;
  readonly dictionary: Dictionary;
}

const path = '/ws/chat';

export interface ChatServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens for clients; resolves when the port is open and rejects when it cannot be. */
export async function startChatServer(context: ChatContext, host: string, port: number): Promise<ChatServer> {
  const { limits, records } = context.exchange;
  const server: WebSocketServer = new WebSocketServer({
    host,
    port,
    path,
    perMessageDeflate: false,
    maxPayload: limits.frameBytes,
    verifyClient: (_info, answer) => answer(server.clients.size < limits.connections, 503),
  });
  server.on('connection', (socket) => {
    records.count('connections');
    new Connection(socket, context);
  });
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  // Later errors concern single sockets, which report them themselves.
  server.on('error', () => undefined);
  const address = server.address() as AddressInfo;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${address.port}${path}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of server.clients) socket.terminate();
      }),
  };
}
