export { accountsService } from './accounts.service.js';
export { accountsSection } from './settings.js';
