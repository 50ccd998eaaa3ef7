export { enlistWith } from '../fixtures/directory.js';
export { Gatekeeper } from '../fixtures/gatekeeper.js';
