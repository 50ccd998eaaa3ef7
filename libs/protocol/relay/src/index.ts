export { RelayError } from './relay-error.js';
export { createRelayKey, type RelayKeyPair } from './relay-key.js';
export { RelaySeal, type RelaySide } from './relay-seal.js';
