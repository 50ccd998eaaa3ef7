export { failpoint, watchFailpoints } from './failpoint.js';
