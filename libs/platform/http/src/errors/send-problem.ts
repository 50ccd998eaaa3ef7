import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppError } from './app-error.js';
import { problemContentType, toProblem } from './problem.js';

/** Answers with a problem document, unless an answer has begun: then the connection is cut, so that it cannot look whole. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: AppError): void {
  if (reply.raw.headersSent) return void reply.raw.destroy();
  // A body that was not read to its end would be taken for the next request.
  if (error.status === 413 || error.status === 408) reply.header('connection', 'close');
  if (error.status === 401) {
    const { challenge } = error;
    reply.header('www-authenticate', challenge === undefined ? 'Bearer' : `Bearer ${challenge}`);
  }
  if (error.retryAfterMs !== undefined)
    reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)));
  reply
    .code(error.status)
    .type(problemContentType)
    .send(JSON.stringify(toProblem(error, request.id)));
}
