export { dockerAnswers } from './containers.js';
export { engineNames, type Engines } from './engines.js';
export { startOwnRedis, type OwnRedis } from './own-redis.js';
export { startEngines, type RunningEngines } from './start-engines.js';
