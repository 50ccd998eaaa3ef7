export { keysService } from './keys.service.js';
