export { Rounds, type RoundsOptions } from './rounds.js';
export { countReasons, type Sweep, type Swept } from './sweep.js';
export { Sweeper, type SweeperDependencies } from './sweeper.js';
