export { engineNames, type Engines } from './engines.js';
export { startEngines, type RunningEngines } from './start-engines.js';
