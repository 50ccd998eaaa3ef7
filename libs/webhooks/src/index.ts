export { webhooksSection } from './settings.js';
export { webhooksService } from './webhooks.service.js';
