export { PresencePod } from '../fixtures/presence-pod.js';
