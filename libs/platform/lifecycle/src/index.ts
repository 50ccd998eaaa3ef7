export { systemClock, type Clock, type Timer } from './clock.js';
export { fixed, type Live } from './live.js';
export { Circuit, type CircuitName, type CircuitOptions } from './circuit.js';
export { TimerWheel } from './timer-wheel.js';
export { withDeadline } from './deadline.js';
export { Lifecycle, type DrainReport, type LifecycleLogger, type LifecycleOptions } from './lifecycle.js';
export { LifecycleError, type LifecycleErrorCode } from './lifecycle.errors.js';
export type { ProcessHandle } from './signals.js';
export { stages, type Stage } from './stages.js';
