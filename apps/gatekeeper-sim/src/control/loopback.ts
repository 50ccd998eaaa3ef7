import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../options.js';

/** Turns away whoever calls `/control` from another machine, or through a browser page of another origin. */
export function guardControl(http: FastifyInstance): void {
  http.addHook('onRequest', async (request, reply) => {
    if (
      request.url.startsWith('/control') &&
      (!isLoopback(request.ip) || request.headers.origin !== undefined)
    ) {
      return reply.code(403).send({ code: 'not_loopback' });
    }
    return undefined;
  });
}
