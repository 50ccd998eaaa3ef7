export { bodyContext, connectionName } from './body-context.js';
export { defineTopic, type Topic } from './topic.js';
export { Base64, Key32, RelayKey, sealedOr, type SealedOr } from './fields.js';
