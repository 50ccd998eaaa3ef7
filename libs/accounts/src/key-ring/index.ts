export { replaceFile } from './atomic-file.js';
export { KeyRingError, type KeyRingErrorCode } from './key-ring.errors.js';
export { KeyRingFiles, type KeyRingPaths, type RotateOptions } from './key-ring.files.js';
export {
  KeyRing,
  signerAt,
  stateOf,
  retiredFrom,
  tokenAlgorithms,
  type KeyState,
  type RingKey,
  type TokenAlgorithm,
} from './key-ring.js';
export { remoteKey, type NewKey } from './new-key.js';
export { withLock } from './ring-lock.js';
export type { RotationTimes } from './rotation.js';
