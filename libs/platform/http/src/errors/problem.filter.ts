import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from '@causeway/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AllowedMethods } from '../app/allowed-methods.js';
import { sendProblem } from './send-problem.js';
import { httpError } from './http-error.js';
import { toAppError } from './known-error.js';

/** Turns everything thrown on the way of a request into a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly allowedMethods: AllowedMethods,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = toAppError(thrown);
    if (error.status >= 500) {
      const route = request.routeOptions?.url ?? 'unmatched';
      const fields = { err: thrown, requestId: request.id, method: request.method, route, code: error.code };
      if (error.code === 'internal') this.logger.error(fields, 'request failed');
      else this.logger.warn(fields, 'request could not be served');
    }
    const allow = isUnmatched(thrown) ? this.allowedMethods.of(request.url) : [];
    if (allow.length > 0) {
      sendProblem(request, reply.header('allow', allow.join(', ')), httpError('method_not_allowed'));
      return;
    }
    sendProblem(request, reply, error);
  }
}

/** Nest answers an unmatched route with its own 404; one that a handler throws is an AppError. */
function isUnmatched(thrown: unknown): boolean {
  return thrown instanceof HttpException && thrown.getStatus() === 404;
}
