export { listDeadWakes, retryDeadWakes, type DeadWakes } from './push/dead-wakes.js';
export { fanoutSealedTables } from './push/sealed-tables.js';
export { fanoutSection } from './settings.js';
export { fanoutService } from './fanout.service.js';
