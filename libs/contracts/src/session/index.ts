export { sessionTopic, SessionEvent } from './events.js';
export * from './http.js';
export { accountGone, sessionErrors } from './errors.js';
export { refusalOfMessage } from './message-refusals.js';
export * from './tunnel.js';
