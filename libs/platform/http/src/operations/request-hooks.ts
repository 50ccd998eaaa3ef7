import type { Lifecycle } from '@causeway/lifecycle';
import { runWithTraceparent, type Metrics } from '@causeway/telemetry';
import type { FastifyInstance } from 'fastify';

/** Counts requests that are being answered, so that a drain can wait for them. */
export class RequestsInFlight {
  private count = 0;
  private waiting: (() => void)[] = [];

  begin(): void {
    this.count++;
  }

  end(): void {
    this.count--;
    if (this.count > 0) return;
    for (const resume of this.waiting.splice(0)) resume();
  }

  /** Resolves when nothing is being answered. */
  none(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

interface Hooks {
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly inFlight: RequestsInFlight;
}

/** Measures requests, carries the caller's trace, names the request, and closes connections while draining. */
export function addRequestHooks(fastify: FastifyInstance, { metrics, lifecycle, inFlight }: Hooks): void {
  const seconds = metrics.histogram('http_request_seconds', 'Time to answer a request', [
    'method',
    'route',
    'status',
  ]);
  const gauge = metrics.gauge('http_requests_in_flight', 'Requests that are being answered');
  fastify.addHook('onRequest', (request, reply, done) => {
    inFlight.begin();
    gauge.inc();
    // The socket's end counts, not the answer's: a caller that went away must not hold the drain up.
    reply.raw.once('close', () => {
      inFlight.end();
      gauge.dec();
    });
    reply.header('x-request-id', request.id);
    // Connections of HTTP/2 are told by their own protocol, and know no such header.
    if (lifecycle.signal.aborted && request.raw.httpVersionMajor === 1) reply.header('connection', 'close');
    done();
  });
  // Not before the body is parsed: the parser's events run outside the asynchronous context.
  fastify.addHook('preHandler', (request, _reply, done) => {
    const traceparent = request.headers['traceparent'];
    runWithTraceparent(typeof traceparent === 'string' ? traceparent : undefined, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    seconds.observe(reply.elapsedTime / 1_000, { method: request.method, route, status });
    done();
  });
}
