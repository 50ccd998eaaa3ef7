export { pushTopic, PushEvent } from './events.js';
export * from './http.js';
export { webhooksErrors } from './errors.js';
