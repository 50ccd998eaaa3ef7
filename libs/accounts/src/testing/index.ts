export { createMinting } from './minting.js';
