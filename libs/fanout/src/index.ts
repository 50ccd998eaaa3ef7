export { fanoutSection } from './settings.js';
export { fanoutService } from './fanout.service.js';
