export type {
  EventBus,
  HandleContext,
  IncomingEvent,
  OutgoingEvent,
  SubscribeOptions,
  Subscription,
} from './bus.js';
export { EventBusError, type EventBusErrorCode } from './errors.js';
export { applyEventLogAcls } from './apply-acls.js';
export { checkEvent, type CheckedEvent } from './envelope/encode.js';
export { ensureTopics, type TopicReport } from './ensure-topics.js';
export { DeadLetters, type LetterList, type ReplayReport } from './dead-letters/dead-letters.js';
export { DeadLetterError, type DeadLetterErrorCode } from './dead-letters/errors.js';
export type { Letter, LetterFilter } from './dead-letters/letter.js';
export { isLaneParked } from './parking/postgres-parking.js';
export { TopicsUnfitError, type TopicProblem } from './topic-faults.js';
export { kafkaGrants, type KafkaAclReport, type KafkaGrant, type KafkaPrincipal } from './kafka/acls.js';
export { openEventBus, type EventBusOptions } from './open-event-bus.js';
export type { KafkaCredentials } from './kafka/client.js';
export type { BusTuning } from './log-event-bus.js';
export { forgetMembers } from './postgres/group-rows.js';
export { migrateEventLog } from './postgres/schema.js';
export type { TopicContract, TopicName } from './topic.js';
