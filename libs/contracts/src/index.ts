export { topics, errorCatalogue } from './catalogue.js';
export type { Topic } from './events/index.js';
export type { ErrorDefinition } from './errors/index.js';
