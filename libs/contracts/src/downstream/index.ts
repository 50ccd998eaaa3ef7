export { downstreamTopic, DownstreamEvent } from './events.js';
export * from './bodies.js';
