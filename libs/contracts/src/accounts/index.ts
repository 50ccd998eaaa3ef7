export { accountTopic, AccountEvent } from './events.js';
export * from './http.js';
export * from './provider.js';
export { accountsErrors } from './errors.js';
