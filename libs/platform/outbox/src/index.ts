export { appendToOutbox } from './append.js';
export { OutboxDrainer, type OutboxDrainerOptions } from './drainer.js';
export type { AnyTopic } from './topics.js';
export { claimInbox, sweepInbox } from './inbox.js';
