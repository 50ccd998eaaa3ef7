export { upstreamTopic, UpstreamEvent } from './events.js';
export * from './bodies.js';
