export { RelayError } from './relay-error.js';
export { createRelayKey, type RelayKeyPair } from './relay-key.js';
export { RelaySeal, type RelaySide } from './relay-seal.js';
export { encodeBody, decodeBody, type RelayBody } from './relay-body.js';
