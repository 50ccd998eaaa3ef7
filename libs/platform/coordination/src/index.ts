export { announceChannel, revocationChannel } from './channels.js';
export { CoordinationError, type CoordinationErrorCode } from './coordination.errors.js';
export { openCoordination, type CoordinationOptions } from './open.js';
export type {
  Coordination,
  EphemeralMailbox,
  IndexLife,
  LostEntry,
  MailboxItem,
  Presence,
  PresenceEntry,
  RateDecision,
  RateLimitRule,
  Rates,
  RestoreOutcome,
  Signals,
  Subscription,
} from './port.js';
export type { RedisTls } from './redis/redis-client.js';
export { RevocationWatch, type Revoked } from './revocations/revocation-watch.js';
export { applyRedisUsers, type RedisUsersReport } from './redis/apply-redis-users.js';
export {
  redisAclLine,
  redisClusterRights,
  redisPasswordHash,
  redisRights,
  type CoordinationCall,
  type RedisUser,
} from './redis/redis-acl.js';
