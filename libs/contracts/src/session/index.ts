export { sessionTopic, SessionEvent } from './events.js';
export * from './http.js';
export { sessionErrors } from './errors.js';
