import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Lifecycle } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { FastifyInstance } from 'fastify';
import { createClearServer } from './servers.js';

export interface ClearListenerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  readonly lifecycle: Lifecycle;
  readonly clock?: Clock;
}

/**
 * Opens a second port of an application, on which HTTP/2 is spoken in clear text by prior knowledge: what a proxy in
 * front needs that ends TLS itself. It takes no new connections once the drain begins.
 * @returns the port
 */
export async function openClearHttp2(
  fastify: FastifyInstance,
  { port, host, lifecycle, clock }: ClearListenerOptions,
): Promise<number> {
  const handler = (request: IncomingMessage, response: ServerResponse) => fastify.routing(request, response);
  const server = createClearServer(handler, clock);
  server.maxConnections = limits.httpConnections.value;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  // Node lets requests under way end, and then closes the connections; whether they ended the application counts.
  lifecycle.onStop('http2 intake', 'intake', async () => void server.close(), limits.httpRequestMs.value);
  return (server.address() as AddressInfo).port;
}
