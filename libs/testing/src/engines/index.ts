export { dockerAnswers } from './containers.js';
export { engineNames, type Engines } from './engines.js';
export { startOwnRedis, type OwnRedis } from './own-redis.js';
export { startEngines, type RunningEngines } from './start-engines.js';
export {
  startKafkaBrokers,
  type BrokerCertificates,
  type TestBroker,
  type TestBrokers,
} from './kafka-brokers.js';
export { startTlsPostgres, startTlsRedis } from './tls-engines.js';
export {
  createTestAuthority,
  restoreTestAuthority,
  type IssuedCertificate,
  type TestAuthority,
} from './certificates.js';
export { prosodyImage, startProsody, type Prosody, type ProsodyOptions } from './prosody.js';
