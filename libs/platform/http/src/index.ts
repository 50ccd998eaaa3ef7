export { boundedBody } from './egress/bounded-body.js';
export { AccessTokenGuard, CurrentCaller, UsersOnly } from './access-tokens/access-token.guard.js';
export { AccessTokenVerifier, type AccessTokenOptions } from './access-tokens/access-token.verifier.js';
export {
  BackendCertificates,
  BackendGuard,
  BackendOnly,
  CurrentBackend,
} from './access-tokens/backend.guard.js';
export type { Backend } from './access-tokens/backend.js';
export { demandRecentAuthentication } from './access-tokens/recent-authentication.js';
export { RemoteKeySet, type KeySetOptions } from './access-tokens/key-set.js';
export { bearerToken } from './access-tokens/bearer.js';
export type { Caller, CallerClaims } from './access-tokens/caller.js';
export { createHttpApp, type HttpAppOptions } from './app/create-http-app.js';
export {
  createEgress,
  type Egress,
  type EgressHead,
  type EgressOptions,
  type EgressRequest,
  type EgressResponse,
  type EgressStream,
} from './egress/egress.js';
export {
  RemoteKeyService,
  type RemoteKeyFailure,
  type RemoteKeyServiceBounds,
  type RemoteKeyServiceSettings,
} from './egress/remote-key-service.js';
export { createDialer, type Dial, type Preamble } from './egress/dialer.js';
export type { ResolveAll } from './egress/guarded-connector.js';
export { EgressError, type EgressErrorCode } from './egress/egress.errors.js';
export { answerOnSocket } from './errors/answer-socket.js';
export { AppError, type AppErrorOptions } from './errors/app-error.js';
export { httpError } from './errors/http-error.js';
export { httpErrors, type HttpErrorCode } from './errors/http-errors.js';
export { problemContentType, toProblem, type Problem } from './errors/problem.js';
export { openClearHttp2, type ClearListenerOptions } from './http2/clear-listener.js';
export { ReadinessChecks, type ReadinessCheck } from './operations/readiness.js';
export { clientAddressOf } from './proxies/client-address.js';
export { encodeProxyHeader, type Endpoint } from './proxies/proxy-protocol.js';
export { clientNetworkOf } from './proxies/client-network.js';
export { TrustedProxies } from './proxies/trusted-proxies.js';
export {
  InternalClient,
  type InternalClientOptions,
  type InternalRequest,
} from './service-identity/internal.client.js';
export { RemoteError } from './service-identity/remote.errors.js';
export type { CallerCredentials, CallerTls } from './service-identity/channel.js';
export {
  CallingService,
  ServiceIdentityGuard,
  ServicesOnly,
  SingleUseToken,
} from './service-identity/service-identity.guard.js';
export {
  issueServiceToken,
  ServiceTokenVerifier,
  type ServiceTokenOptions,
  type ServiceVerifierOptions,
} from './service-identity/service-token.js';
export type { ListenerTls } from './tls/listener-tls.js';
export { ZodBody, ZodParams, ZodQuery } from './validation/zod.decorators.js';
