import {
  applyDecorators,
  createParamDecorator,
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { bearerToken } from '../access-tokens/bearer.js';
import { httpError } from '../errors/http-error.js';
import { clientCertificate } from '../tls/client-certificate.js';
import { ServiceTokenVerifier } from './service-token.js';

const allowedKey = 'causeway:allowed-services';
const singleUseKey = 'causeway:single-use';
const callingServices = new WeakMap<FastifyRequest, string>();

/** Lets named services in. Needs a `ServiceTokenVerifier` provider in the module; without names it lets nobody in. */
@Injectable()
export class ServiceIdentityGuard implements CanActivate {
  constructor(
    @Inject(ServiceTokenVerifier) private readonly verifier: ServiceTokenVerifier,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const thumbprint = this.verifier.mutualTls ? demandCertificate(request) : undefined;
    const verified = await this.verifier.verify(bearerToken(request), thumbprint);
    const { service } = verified;
    const places = [context.getHandler(), context.getClass()];
    const allowed = this.reflector.getAllAndOverride<readonly string[] | undefined>(allowedKey, places) ?? [];
    if (!allowed.includes(service)) throw httpError('forbidden');
    if (this.reflector.getAllAndOverride<true | undefined>(singleUseKey, places)) {
      await this.verifier.spend(verified);
    }
    callingServices.set(request, service);
    return true;
  }
}

/** @returns the thumbprint of the caller's certificate */
function demandCertificate(request: FastifyRequest): string {
  const shown = clientCertificate(request.raw.socket);
  if (shown.state === 'accepted') return shown.thumbprint;
  if (shown.state === 'absent') throw httpError('client_certificate_required');
  throw httpError('client_certificate_refused', { cause: new Error(shown.reason) });
}

/** Marks a controller or a handler as open to these services, and to nobody else. */
export const ServicesOnly = (...services: readonly string[]): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(allowedKey, services), UseGuards(ServiceIdentityGuard));

/**
 * Beside `ServicesOnly`: each token opens it once, so that one that somebody else got hold of opens nothing (RFC 7519,
 * section 4.1.7). For what is worth a look into coordination on every call.
 */
export const SingleUseToken = (): ClassDecorator & MethodDecorator => SetMetadata(singleUseKey, true);

/** The name of the calling service. @throws AppError `unauthenticated` where the guard is missing */
export const CallingService = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const service = callingServices.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (service === undefined) throw httpError('unauthenticated');
  return service;
});
