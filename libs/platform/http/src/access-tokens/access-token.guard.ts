import {
  applyDecorators,
  createParamDecorator,
  Inject,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { httpError } from '../errors/http-error.js';
import { AccessTokenVerifier } from './access-token.verifier.js';
import { bearerToken } from './bearer.js';
import type { Caller } from './caller.js';

const callers = new WeakMap<FastifyRequest, Caller>();

/** Lets users of the provider in. Needs an `AccessTokenVerifier` provider in the module. */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  constructor(@Inject(AccessTokenVerifier) private readonly verifier: AccessTokenVerifier) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    callers.set(request, await this.verifier.verify(bearerToken(request)));
    return true;
  }
}

/** Marks a controller or a handler as open to users with an access token, and to nobody else. */
export const UsersOnly = (): ClassDecorator & MethodDecorator => applyDecorators(UseGuards(AccessTokenGuard));

/** The user whose token the guard has verified. @throws AppError `unauthenticated` where the guard is missing */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const caller = callers.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (!caller) throw httpError('unauthenticated');
  return caller;
});
