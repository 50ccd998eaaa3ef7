import 'reflect-metadata';
import { limits } from '@causeway/limits';
import { systemClock, type Lifecycle, type Live } from '@causeway/lifecycle';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProblemFilter } from '../errors/problem.filter.js';
import { ReadinessChecks } from '../operations/readiness.js';
import { addRequestHooks, RequestsInFlight } from '../operations/request-hooks.js';
import { addOperationRoutes } from '../operations/routes.js';
import { readProxyHeaders } from '../proxies/proxied-connections.js';
import { TrustedProxies } from '../proxies/trusted-proxies.js';
import { followChanges, type ListenerTls } from '../tls/listener-tls.js';
import { AllowedMethods } from './allowed-methods.js';
import { CausewayAdapter } from './causeway-adapter.js';
import { NestLogger } from './nest-logger.js';
import { closeWith } from './close.js';

export interface HttpAppOptions {
  /** The service's name, for the drain's records. */
  readonly name: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly readiness?: ReadinessChecks;
  /** Bytes of a parsed body. */
  readonly bodyLimit?: number;
  /** Milliseconds to receive a whole request; longer where uploads are streamed. */
  readonly requestTimeoutMs?: number;
  /** Addresses and CIDR ranges. */
  readonly trustedProxies?: readonly string[];
  /** Whether connections of those proxies begin with a PROXY protocol header, version 2. */
  readonly proxyProtocol?: boolean;
  /** Certificate and key when the listener speaks HTTPS. */
  readonly tls?: Live<ListenerTls>;
  /** Whether a listener that speaks HTTPS speaks HTTP/2 too; WebSockets need one that does not. */
  readonly http2?: boolean;
}

/**
 * A Nest application on Fastify: problem documents, bounds, request ids, `/live`, `/ready`, `/metrics`, closed by the
 * lifecycle (stage `intake`: no new connections, requests under way end; stage `connections`: the application closes).
 * The service listens by `app.listen(port, host)`, adds content-type parsers on `app.getHttpAdapter().getInstance()`
 * before that, and marks the lifecycle ready.
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  options: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const { logger, metrics, lifecycle } = options;
  const proxies = new TrustedProxies(options.trustedProxies ?? []);
  const adapter = new CausewayAdapter({
    bodyLimit: options.bodyLimit ?? limits.httpBodyBytes.value,
    requestTimeoutMs: options.requestTimeoutMs ?? limits.httpRequestMs.value,
    proxies,
    http2: options.http2 ?? false,
    ...(options.tls !== undefined && { tls: options.tls.current }),
  });
  const fastify = adapter.getInstance();
  if (options.tls !== undefined) followChanges(fastify.server, options.tls);
  if (options.proxyProtocol === true) readProxyHeaders(fastify.server, proxies, systemClock);
  const allowedMethods = new AllowedMethods();
  const inFlight = new RequestsInFlight();
  // Text bodies have no reader here; without the parser they are answered with 415.
  fastify.removeContentTypeParser('text/plain');
  fastify.addHook('onRoute', ({ method, url }) => allowedMethods.add(method, url));
  addRequestHooks(fastify, { metrics, lifecycle, inFlight });
  addOperationRoutes(fastify, { lifecycle, metrics, readiness: options.readiness ?? new ReadinessChecks() });
  boundConnections(fastify.server, metrics);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLogger(logger.child({ part: 'framework' })),
    abortOnError: false,
    bodyParser: false,
  });
  app.useGlobalFilters(new ProblemFilter(logger, allowedMethods));
  closeWith(lifecycle, { name: options.name, app, inFlight });
  return app;
}

function boundConnections(
  server: NestFastifyApplication['getHttpServer'] extends () => infer S ? S : never,
  metrics: Metrics,
): void {
  const dropped = metrics.counter(
    'http_connections_dropped_total',
    'Connections refused because there were too many',
  );
  server.maxConnections = limits.httpConnections.value;
  server.on('drop', () => dropped.inc());
}
