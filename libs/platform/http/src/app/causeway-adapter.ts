import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { limits } from '@causeway/limits';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerClientError } from '../errors/client-error.js';
import { toAppError } from '../errors/known-error.js';
import { sendProblem } from '../errors/send-problem.js';
import { createTlsServer } from '../http2/servers.js';
import { requestIdOf } from '../proxies/request-id.js';
import { listenerOptions, type ListenerTls } from '../tls/listener-tls.js';
import type { TrustedProxies } from '../proxies/trusted-proxies.js';

export interface AdapterOptions {
  readonly bodyLimit: number;
  readonly requestTimeoutMs: number;
  readonly proxies: TrustedProxies;
  readonly tls?: ListenerTls;
  /** Whether a listener with TLS also speaks HTTP/2. */
  readonly http2: boolean;
}

/** Fastify with every bound set, and errors handed to our filter as they were thrown. */
export class CausewayAdapter extends FastifyAdapter {
  constructor({ bodyLimit, requestTimeoutMs, proxies, tls, http2 }: AdapterOptions) {
    const server = {
      maxHeaderSize: limits.httpHeaderBytes.value,
      headersTimeout: limits.httpHeadersMs.value,
    };
    super({
      logger: false,
      bodyLimit,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: limits.httpKeepAliveMs.value,
      maxRequestsPerSocket: limits.httpRequestsPerSocket.value,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
      ...(tls === undefined ? { http: server } : { https: { ...server, ...listenerOptions(tls) } }),
      ...(tls !== undefined &&
        http2 && {
          serverFactory: (handler: RequestListener) =>
            // Fastify's type knows one kind of server; the two differ in what nobody calls.
            createTlsServer(tls, { requestTimeoutMs }, handler) as unknown as Server,
        }),
      routerOptions: { maxParamLength: limits.httpParamCharacters.value },
      trustProxy: proxies.ranges.length === 0 ? false : [...proxies.ranges],
      requestIdHeader: false,
      genReqId: (request: IncomingMessage) => requestIdOf(request, proxies),
      onProtoPoisoning: 'error',
      onConstructorPoisoning: 'error',
      clientErrorHandler: answerClientError,
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
        sendProblem(request, reply, toAppError(error)),
    });
  }

  /** Nest would turn Fastify's errors into exceptions that carry Fastify's texts and not its codes. */
  override mapException(error: unknown): unknown {
    return error;
  }
}
