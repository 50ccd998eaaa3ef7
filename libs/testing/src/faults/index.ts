export {
  DeliveryChecker,
  type DeliveryVerdict,
  type SendOutcome,
  type Tracked,
} from './checks/delivery-checker.js';
export { byNight, nightly } from './checks/nightly.js';
export { faultSeed, seeded, SeededRandom } from './checks/seeded-random.js';
export { recordTrial, type TrialRecord } from './checks/trial-record.js';
export { jumpWallClock, restoreWallClock } from './checks/wall-clock.js';
export { steadyNow, SteadyLoad, type SteadyLoadOptions } from './checks/steady-load.js';
export { behindProxy, ownKafkaBehindProxy, type BehindProxy } from './engines/behind-proxy.js';
export {
  cannotMoveClocks,
  ownKafkaWithClock,
  ownPostgresWithClock,
  ownRedisWithClock,
  type MovableClock,
} from './engines/moved-clock.js';
export { ownEmbeddedPostgres } from './engines/own-embedded-postgres.js';
export type { OwnEngine } from './engines/own-engine.js';
export { ownKafka } from './engines/own-kafka.js';
export { ownFullablePostgres, ownPostgres, type FullablePostgres } from './engines/own-postgres.js';
export { ownSmallDiskPostgres, type SmallDiskPostgres } from './engines/own-small-disk-postgres.js';
export { ownRedis } from './engines/own-redis.js';
export { TestProcess, type Exit } from './processes/test-process.js';
export type { Direction, LinkFaults } from './proxy/link-faults.js';
export { TcpFaultProxy, type TcpFaultProxyOptions } from './proxy/tcp-fault-proxy.js';
