export { Endpoints } from './api/endpoints.js';
export { ApiError } from './api/errors.js';
export type { AccessToken } from './api/http-client.js';
export { systemClock } from './clock.js';
export type { Clock, Timer } from './clock.js';
export type { FileKind, SendRequest } from './device/compose.js';
export { Device } from './device/device.js';
export type { OptInConsent } from './device/enrolment.js';
export { DeviceError } from './device/errors.js';
export type { DeviceErrorCode } from './device/errors.js';
export type { DeviceEvents, MessageShown } from './device/events.js';
export type { DeviceOptions } from './device/options.js';
export { ChatError } from './gatekeeper/chat-error.js';
export type { ChatErrorCode } from './gatekeeper/chat-error.js';
export type { GatekeeperWire, OwnConnection } from './gatekeeper/wire.js';
export { decryptFile } from './media/decrypt.js';
export type { ExpectedFile } from './media/decrypt.js';
export { encryptFile } from './media/encrypt.js';
export type { EncryptedFile } from './media/encrypt.js';
export { MediaError } from './media/errors.js';
export type { MediaErrorCode } from './media/errors.js';
export type { MediaKind } from './media/keys.js';
export { DeviceStore } from './store/device-store.js';
export { StoreError } from './store/errors.js';
export type { StoreErrorCode } from './store/errors.js';
export { SuiteError } from './suites/port.js';
export type {
  Ciphertext,
  KeyPair,
  KyberPreKey,
  PeerAddress,
  PeerBundle,
  PreKeyPair,
  SignalState,
  SignalSuite,
  SignedPreKeyPair,
  SuiteErrorCode,
} from './suites/port.js';
export { pqxdhSuite } from './suites/pqxdh/suite.js';
export { x3dhSuite } from './suites/x3dh/suite.js';
