export { CoordinationError, type CoordinationErrorCode } from './coordination.errors.js';
export { openCoordination, type CoordinationOptions } from './open.js';
export type {
  Coordination,
  EphemeralMailbox,
  MailboxItem,
  Presence,
  PresenceEntry,
  RateDecision,
  RateLimitRule,
  Rates,
  Signals,
  Subscription,
} from './port.js';
