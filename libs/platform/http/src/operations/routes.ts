import type { Lifecycle } from '@causeway/lifecycle';
import type { Metrics } from '@causeway/telemetry';
import type { FastifyInstance } from 'fastify';
import type { ReadinessChecks } from './readiness.js';

export interface Operations {
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly readiness: ReadinessChecks;
}

/** `/live` answers while the event loop turns, `/ready` while the service should get work, `/metrics` to Prometheus. */
export function addOperationRoutes(
  fastify: FastifyInstance,
  { lifecycle, metrics, readiness }: Operations,
): void {
  fastify.get('/live', (_request, reply) => void reply.send({ live: true }));
  fastify.get('/ready', async (_request, reply) => {
    if (!lifecycle.ready()) return reply.code(503).send({ ready: false, failing: ['lifecycle'] });
    const failing = await readiness.failing();
    return reply.code(failing.length === 0 ? 200 : 503).send({ ready: failing.length === 0, failing });
  });
  fastify.get('/metrics', async (_request, reply) => {
    const text = await metrics.render();
    return reply.type(metrics.contentType).send(text);
  });
}
