export type { TransportLogger } from './connection/connection-lifecycle.js';
export {
  type LoginSuccess,
  UpstreamConnection,
  type UpstreamConnectionOptions,
} from './connection/upstream-connection.js';
export type { LoginPayload } from './login/login-payload.js';
export { conflicts, loginFailures, pauseReasons, streamErrors } from './login/refusal-codes.js';
export {
  type UpstreamAdvice,
  upstreamAdvice,
  upstreamEndings,
  type UpstreamErrorCode,
} from './upstream-advice.js';
export { UpstreamError } from './upstream-error.js';
export { defaultWireLimits, type WireLimits, type WireProfile } from './wire-profile.js';
export type { UnreadableStanza } from './wire/wire-codec.js';
export { Resumptions } from './rfc6120/management/resumptions.js';
export {
  Rfc6120Connection,
  type Rfc6120ConnectionOptions,
  type Rfc6120Success,
} from './rfc6120/rfc6120-connection.js';
export {
  defaultRfc6120Limits,
  type Rfc6120Limits,
  type Rfc6120Login,
  type Rfc6120Profile,
  type ScramMechanism,
} from './rfc6120/rfc6120-profile.js';
