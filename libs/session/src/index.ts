export { sessionSection } from './settings.js';
export { sessionService } from './session.service.js';
