export { startSimulator, type Simulator, type SimulatorEndpoints } from './simulator.js';
export type { KnownAccount, Partner, SimulatorOptions } from './options.js';
export { SimulatorError, type SimulatorErrorCode } from './errors.js';
