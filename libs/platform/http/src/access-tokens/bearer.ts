import type { FastifyRequest } from 'fastify';
import { httpError } from '../errors/http-error.js';

/** The bearer token of a request. @throws AppError `unauthenticated` */
export function bearerToken(request: Pick<FastifyRequest, 'headers'>): string {
  const [scheme, token, ...rest] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token || rest.length > 0) throw httpError('unauthenticated');
  return token;
}
