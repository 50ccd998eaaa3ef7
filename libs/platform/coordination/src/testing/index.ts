export { loseMemory } from '../memory/memory-engine.js';
