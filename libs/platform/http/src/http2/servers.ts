import type { RequestListener } from 'node:http';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { listenerOptions, type ListenerTls } from '../tls/listener-tls.js';
import { boundSession, sessionOptions } from './session-bounds.js';

type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** Bounds of the connections that speak HTTP/1.1. */
export interface Http1Bounds {
  /** Milliseconds to receive a whole request. */
  readonly requestTimeoutMs: number;
}

/** A listener over TLS that speaks HTTP/2 with those who offer it by ALPN (RFC 9113, 3.2), HTTP/1.1 with all others. */
export function createTlsServer(
  tls: ListenerTls,
  { requestTimeoutMs }: Http1Bounds,
  handler: RequestListener,
): Http2SecureServer {
  const server = createSecureServer(
    {
      ...sessionOptions,
      ...listenerOptions(tls),
      allowHTTP1: true,
      handshakeTimeout: limits.httpHeadersMs.value,
    },
    handler as unknown as Handler,
  );
  server.on('session', (session) => boundSession(session, systemClock));
  // Node reads these from the server for its connections of version 1, as it does from one that speaks that alone.
  return Object.assign(server, {
    maxHeaderSize: limits.httpHeaderBytes.value,
    headersTimeout: limits.httpHeadersMs.value,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: limits.httpKeepAliveMs.value,
    maxRequestsPerSocket: limits.httpRequestsPerSocket.value,
  });
}

/** A listener in clear text for a proxy that knows that HTTP/2 is spoken (RFC 9113, 3.3). */
export function createClearServer(handler: RequestListener, clock: Clock = systemClock): Http2Server {
  const server = createServer(sessionOptions, handler as unknown as Handler);
  server.on('session', (session) => boundSession(session, clock));
  return server;
}
