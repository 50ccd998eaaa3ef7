export { accountsService } from './accounts.service.js';
export { accountsSection } from './settings.js';
export { accountsSealedTables } from './users/data-keys.js';
export {
  INITIAL_STATE as initialOptInState,
  transitions as optInTransitions,
  type Transition as OptInTransition,
} from './opt-ins/state-machine.js';
export { changeMode, type ModeChange } from './modes/change-mode.js';
export {
  listStops,
  resumeGatekeeper,
  stopGatekeeper,
  type GatekeeperStop,
} from './gatekeeper-stops/gatekeeper-stops.store.js';
