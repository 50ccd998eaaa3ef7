export { mediaService } from './media.service.js';
export { mediaSection } from './settings.js';
