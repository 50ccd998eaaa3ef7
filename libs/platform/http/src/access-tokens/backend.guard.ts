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
import { httpError } from '../errors/http-error.js';
import { clientCertificate } from '../tls/client-certificate.js';
import { AccessTokenVerifier } from './access-token.verifier.js';
import { clientName, type Backend } from './backend.js';
import { bearerToken } from './bearer.js';

const rightKey = 'causeway:backend-right';
const backends = new WeakMap<FastifyRequest, Backend>();

/** Thumbprints (`x5t#S256`) of the certificates by which the provider's backend is known without a token. */
export class BackendCertificates {
  constructor(readonly thumbprints: ReadonlySet<string>) {}
}

/** Lets the provider's backend in where it has the right. Needs `BackendCertificates` in the module. */
@Injectable()
export class BackendGuard implements CanActivate {
  constructor(
    @Inject(AccessTokenVerifier) private readonly verifier: AccessTokenVerifier,
    @Inject(BackendCertificates) private readonly certificates: BackendCertificates,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const backend = this.#byCertificate(request) ?? (await this.verifier.verifyBackend(bearerToken(request)));
    const right = this.reflector.getAllAndOverride<string | undefined>(rightKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    const allowed = right !== undefined && (backend.rights === 'all' || backend.rights.has(right));
    if (!allowed) throw httpError('forbidden');
    backends.set(request, backend);
    return true;
  }

  /** A caller with a token is judged by it alone: a proxy of the provider may show one certificate for many callers. */
  #byCertificate(request: FastifyRequest): Backend | undefined {
    if (request.headers.authorization !== undefined) return undefined;
    const shown = clientCertificate(request.raw.socket);
    const known = shown.state === 'accepted' && this.certificates.thumbprints.has(shown.thumbprint);
    return known ? { client: clientName(shown.thumbprint), rights: 'all' } : undefined;
  }
}

/** Marks a handler as open to the provider's backend with this right, and to nobody else. */
export const BackendOnly = (right: string): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(rightKey, right), UseGuards(BackendGuard));

/** The backend that the guard has let in. @throws AppError `unauthenticated` where the guard is missing */
export const CurrentBackend = createParamDecorator((_data: unknown, context: ExecutionContext): Backend => {
  const backend = backends.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (!backend) throw httpError('unauthenticated');
  return backend;
});
