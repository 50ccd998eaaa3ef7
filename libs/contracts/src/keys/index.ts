export { keysTopic, KeysEvent } from './events.js';
export * from './http.js';
export { keysErrors } from './errors.js';
