export { createTestDatabase, type TestDatabase } from './database.js';
export { eventually } from './eventually.js';
export { plansOf, type StatementPlan } from './plans.js';
export { FakeClock, type FakeTimer } from './fake-clock.js';
export { captureLogs, type CapturedLogs, type LogLine } from './capture-logs.js';
export { describeWithEngine } from './vitest/describe-with-engine.js';
export type { EngineAddresses, EngineName, Engines, S3Address } from './engines/engines.js';
export { freePort } from './engines/embedded.js';
export { startOwnRedis, startRedisCluster, type OwnRedis } from './engines/own-redis.js';
