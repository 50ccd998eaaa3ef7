export { appendToOutbox } from './append.js';
export { OutboxDrainer, type OutboxDrainerOptions } from './drainer.js';
export type { AnyTopic } from './topics.js';
export { claimInbox, claimInboxBatch, inboxSweep, InboxBatchTooLarge, type InboxClaim } from './inbox.js';
