export { defineTopic, type Topic } from './topic.js';
export { Base64, Key32, RelayKey, Body, sealedOr, type SealedOr } from './fields.js';
